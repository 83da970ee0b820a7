import type { Registry } from 'prom-client';
import { addMetrics, type Metric, type Sample } from '../../metrics/metric-table.ts';
import type { OverlayPage, OverlayRow } from './overlay-page.ts';

/** Adds the metrics of the paths to other hosts. */
export function addOverlay(registry: Registry, rows: () => OverlayPage['rows']): void {
  addMetrics(registry, 'drover_overlay_', METRICS, rows);
}

const METRICS: readonly Metric<OverlayPage['rows']>[] = [
  {
    name: 'peer_up',
    help: '1 while probes pass both ways between this host and the other one, 0 also while that is not known',
    labels: ['peer', 'backend'],
    read: (rows) =>
      rows.map(({ host: peer, backend, state }) => [{ peer, backend: backend ?? 'none' }, Number(state === 'up')]),
  },
  ofPeer('rtt_seconds', 'Round trip of the probes', ({ rttMs }) => rttMs && rttMs / 1_000),
  {
    name: 'loss_ratio',
    help: 'Share of the last 32 probes that were lost, from the peer (in) and to it (out)',
    labels: ['peer', 'direction'],
    read: (rows) =>
      rows.flatMap(({ host: peer, lossIn, lossOut }) => [
        ...sampleOf({ peer, direction: 'in' }, lossIn),
        ...sampleOf({ peer, direction: 'out' }, lossOut),
      ]),
  },
  ofPeer('mtu_bytes', 'Largest packet that reaches the peer', ({ mtu }) => mtu),
  ofPeer('received_bytes_total', 'What the tunnel has received from the peer', ({ receivedBytes }) => receivedBytes),
  ofPeer('sent_bytes_total', 'What the tunnel has sent to the peer', ({ sentBytes }) => sentBytes),
  ofPeer('key_age_seconds', 'Since the keys in use were agreed with the peer', ({ keyAgeSeconds }) => keyAgeSeconds),
];

/** A number of each peer that has it. */
function ofPeer(
  name: string,
  help: string,
  measure: (row: OverlayRow) => number | null,
): Metric<readonly OverlayRow[]> {
  return {
    name,
    help,
    labels: ['peer'],
    read: (rows) => rows.flatMap((row) => sampleOf({ peer: row.host }, measure(row))),
  };
}

function sampleOf(labels: Sample[0], value: number | null): readonly Sample[] {
  return value === null ? [] : [[labels, value]];
}
