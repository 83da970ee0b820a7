import { expect, test } from 'vitest';
import { reportedProblems } from '../../agent/control/reported-problems.ts';

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
