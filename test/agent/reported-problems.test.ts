import { expect, test } from 'vitest';
import { parseReply, reportedProblems } from '../../agent/control/reported-problems.ts';

test('problems of a process of the previous version, which calls the hint mend, are read', () => {
  const report = { serving: true, problems: [{ subject: 'upstream 10.0.0.1', what: 'is silent', mend: 'start it' }] };
  expect(reportedProblems(report)).toEqual([{ subject: 'upstream 10.0.0.1', what: 'is silent', hint: 'start it' }]);
});

test.each([[null], [undefined], ['text'], [{ problems: 'none' }], [{}]])(
  'a report of another form has no problems: %j',
  (report) => {
    expect(reportedProblems(report)).toEqual([]);
  },
);

test('in the reply of an agent of the previous version mend becomes hint, and nothing else changes', () => {
  const labels = { mend: 'a label' };
  const reply = { parts: [{ problems: [{ subject: 'bus', what: 'is silent', mend: 'start it' }] }], labels, count: 3 };
  const problems = [{ subject: 'bus', what: 'is silent', hint: 'start it' }];
  expect(parseReply(JSON.stringify(reply))).toEqual({ parts: [{ problems }], labels, count: 3 });
});
