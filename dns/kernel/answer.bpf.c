// SPDX-License-Identifier: GPL-2.0
// Answers plain A and AAAA queries for Drover's own names on the way from a container to the service address, from a map that
// the DNS server fills. Every other query goes on to the server (TC_ACT_OK).
//
// Rebuild with scripts/build-kernel-answers; layout.ts has the same structures.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NAME_MAX 116
#define BODY_MAX 512
#define MAX_RECORDS 16
#define OPT_SIZE 11
#define UDP_LIMIT 512
#define OWN_LIMIT 1232
// The server writes its heartbeat far more often. If it is older, the server hangs or is dead, and the map may be outdated.
#define HEARTBEAT_LIMIT_NS 200000000ull

struct key {
  __u32 epoch;
  __u32 scope;
  __u32 type;
  __u8 name[NAME_MAX];
};

struct answer {
  __u32 turn;
  __u16 size;   // of the body, bytes
  __u16 count;  // answer records; 0: the body is the SOA record of the authority section
  __u16 serial_at;  // offset of the serial in that body
  __u16 pad;
  __u8 body[BODY_MAX];
};

struct control {
  __u64 heartbeat_ns;
  __u32 active;
  __u32 epoch;
  __u32 address;  // network order
  __u32 port;     // network order
  __u32 serial;   // of the SOA, network order
  __u32 guarded;  // answer only clients whose address is bound to their port
};

// An address that is bound to a port.
struct port {
  __u32 device;
  __u32 address;  // network order
  __u8 mac[6];
  __u16 pad;
};

// The number of a client: its scope, and whether the answers of EVERYBODY are looked up first.
#define COMMON_BIT 16777216
#define EVERYBODY 1

enum { ANSWERED, PASSED_UNKNOWN, PASSED_STALE, PASSED_FOREIGN, COUNTERS };

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 131072);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct key);
  __type(value, struct answer);
} answers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u32);
  __type(value, __u32);
} askers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct port);
  __type(value, __u32);
} ports SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct control);
} controls SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, COUNTERS);
  __type(key, __u32);
  __type(value, __u64);
} counters SEC(".maps");

// A key does not fit the stack besides everything else.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct key);
} scratch SEC(".maps");

struct dns_header {
  __u16 id, flags, questions, answers, authorities, additionals;
};

#define HEADERS (sizeof(struct ethhdr) + sizeof(struct iphdr) + sizeof(struct udphdr))
#define QUESTION (HEADERS + sizeof(struct dns_header))

static __always_inline int count(__u32 what, int verdict) {
  __u64 *counter = bpf_map_lookup_elem(&counters, &what);
  if (counter) ++*counter;
  return verdict;
}

// Converts eight bytes to lower case. Length bytes are below 64 and do not change.
static __always_inline __u64 lower8(__u64 x) {
  __u64 high = x & 0x8080808080808080ull, low = x & 0x7f7f7f7f7f7f7f7full;
  __u64 from_a = low + 0x3f3f3f3f3f3f3f3full, after_z = low + 0x2525252525252525ull;
  return x | (((from_a & ~after_z & ~high) & 0x8080808080808080ull) >> 2);
}

SEC("tc")
int drover_answer(struct __sk_buff *skb) {
  void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
  struct ethhdr *eth = data;
  struct iphdr *ip = (void *)(eth + 1);
  struct udphdr *udp = (void *)(ip + 1);
  struct dns_header *dns = (void *)(udp + 1);
  __u32 zero = 0;

  if ((void *)(ip + 1) > end) return TC_ACT_OK;
  struct control *control = bpf_map_lookup_elem(&controls, &zero);
  if (!control || !control->active) return TC_ACT_OK;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->daddr != control->address) return TC_ACT_OK;
  if (ip->version != 4 || ip->ihl != 5 || ip->protocol != 17 || (ip->frag_off & bpf_htons(0x3fff))) return TC_ACT_OK;
  if ((void *)(dns + 1) + 5 > end) {
    if (skb->len < QUESTION + 5 || bpf_skb_pull_data(skb, 0)) return TC_ACT_OK;
    data = (void *)(long)skb->data, end = (void *)(long)skb->data_end;
    eth = data, ip = (void *)(eth + 1), udp = (void *)(ip + 1), dns = (void *)(udp + 1);
    if ((void *)(dns + 1) + 5 > end) return TC_ACT_OK;
  }
  if (udp->dest != (__u16)control->port || !udp->source) return TC_ACT_OK;
  if (bpf_ktime_get_ns() - control->heartbeat_ns > HEARTBEAT_LIMIT_NS) return count(PASSED_STALE, TC_ACT_OK);

  // A query, opcode QUERY, not truncated; one question and nothing else but at most one OPT.
  if ((dns->flags & bpf_htons(0xfa00)) || dns->questions != bpf_htons(1) || dns->answers || dns->authorities) return TC_ACT_OK;
  if (dns->additionals & bpf_htons(0xfffe)) return TC_ACT_OK;
  __u32 length = bpf_ntohs(udp->len);
  if (length < 8 + 12 + 5 || length > 512 || bpf_ntohs(ip->tot_len) != length + 20) return TC_ACT_OK;

  __u32 at = QUESTION, size = 0;
#pragma unroll
  for (int label = 0; label < 12; label++) {
    __u8 *byte = data + at;
    if ((void *)(byte + 1) > end) return TC_ACT_OK;
    __u32 step = *byte;
    if (step > 63) return TC_ACT_OK;
    at += step + 1;
    if (!step) {
      size = at - QUESTION;
      break;
    }
    if (at > QUESTION + NAME_MAX) return TC_ACT_OK;
  }
  if (size < 2 || size > NAME_MAX) return TC_ACT_OK;
  __u8 *q = data + at;
  if ((void *)(q + 4) > end || q[0] || q[2] || q[3] != 1) return TC_ACT_OK;
  __u8 type = q[1];
  if (type != 1 && type != 28) return TC_ACT_OK;

  __u32 question_end = at + 4, limit = UDP_LIMIT, edns = 0;
  if (dns->additionals) {
    // A bare OPT: version 0, no flags, no options (a cookie is one).
    __u8 *opt = data + question_end;
    if ((void *)(opt + OPT_SIZE) > end || length != question_end - 34 + OPT_SIZE) return TC_ACT_OK;
    if (opt[0] || opt[1] || opt[2] != 41 || opt[5] || opt[6] || opt[7] || opt[8] || opt[9] || opt[10]) return TC_ACT_OK;
    limit = (__u32)opt[3] << 8 | opt[4];
    if (limit < UDP_LIMIT) limit = UDP_LIMIT;
    if (limit > OWN_LIMIT) limit = OWN_LIMIT;
    edns = OPT_SIZE;
  } else if (length != question_end - 34) {
    return TC_ACT_OK;
  }

  __u32 source = ip->saddr;
  if (control->guarded) {
    struct port port = {.device = skb->ifindex, .address = source};
    __builtin_memcpy(port.mac, eth->h_source, 6);
    // The port guard runs after this program and drops spoofed packets.
    if (!bpf_map_lookup_elem(&ports, &port)) return count(PASSED_FOREIGN, TC_ACT_OK);
  }
  __u32 *scope = bpf_map_lookup_elem(&askers, &source);
  if (!scope) return count(PASSED_UNKNOWN, TC_ACT_OK);
  struct key *key = bpf_map_lookup_elem(&scratch, &zero);
  if (!key) return TC_ACT_OK;
  __builtin_memset(key, 0, sizeof *key);
  __u32 bytes = size;
  asm volatile("" : "+r"(bytes));
  if (bytes < 1 || bytes > NAME_MAX) return TC_ACT_OK;
  if (bpf_skb_load_bytes(skb, QUESTION, key->name, bytes)) return TC_ACT_OK;
  __u64 *words = (void *)key;
#pragma unroll
  for (int i = 1; i < (int)(sizeof *key / 8); i++) words[i] = lower8(words[i]);
  key->epoch = control->epoch;
  key->type = type;
  struct answer *answer = 0;
  if (*scope & COMMON_BIT) {
    key->scope = EVERYBODY;
    answer = bpf_map_lookup_elem(&answers, key);
  }
  if (!answer) {
    key->scope = *scope & ~COMMON_BIT;
    answer = bpf_map_lookup_elem(&answers, key);
  }
  if (!answer) return count(PASSED_UNKNOWN, TC_ACT_OK);
  __u32 body = answer->size, records = answer->count;
  if (body < 1 || body > BODY_MAX || records > MAX_RECORDS) return TC_ACT_OK;
  __u32 total = question_end + body + edns;
  if (total - HEADERS > limit) return TC_ACT_OK;

  if (bpf_skb_change_tail(skb, total, 0)) return TC_ACT_OK;
  // From here on the query is overwritten. After a failure the packet is dropped, and the client retries.
  data = (void *)(long)skb->data, end = (void *)(long)skb->data_end;
  if (data + total > end) {
    if (bpf_skb_pull_data(skb, total)) return TC_ACT_SHOT;
    data = (void *)(long)skb->data, end = (void *)(long)skb->data_end;
  }
  eth = data, ip = (void *)(eth + 1), udp = (void *)(ip + 1), dns = (void *)(udp + 1);
  if ((void *)(dns + 1) > end) return TC_ACT_SHOT;
  __u8 mac[6];
  __builtin_memcpy(mac, eth->h_dest, 6);
  __builtin_memcpy(eth->h_dest, eth->h_source, 6);
  __builtin_memcpy(eth->h_source, mac, 6);
  ip->saddr = ip->daddr;
  ip->daddr = source;
  ip->tot_len = bpf_htons(total - 14);
  ip->ttl = 64;
  ip->id = 0;
  ip->frag_off = bpf_htons(0x4000);
  ip->tos = 0;
  ip->check = 0;
  __u32 sum = 0;
  __u16 *half = (void *)ip;
#pragma unroll
  for (int i = 0; i < 10; i++) sum += half[i];
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  ip->check = ~sum;
  __u16 port = udp->source;
  udp->source = udp->dest;
  udp->dest = port;
  udp->len = bpf_htons(total - 34);
  udp->check = 0;
  // QR, AA, RA; RD and CD as in the query.
  dns->flags = bpf_htons(0x8480 | (bpf_ntohs(dns->flags) & 0x0110));
  dns->answers = bpf_htons(records);
  dns->authorities = records ? 0 : bpf_htons(1);
  dns->additionals = edns ? bpf_htons(1) : 0;

  __u8 *to = data + (question_end & 511);
  if (!records) {
    for (__u32 i = 0; i < 192; i++) {
      if (i >= body) break;
      if ((void *)(to + 1) > end) return TC_ACT_SHOT;
      *to++ = answer->body[i];
    }
    // Only the serial of the record changes with every revision.
    __u32 serial_at = question_end + answer->serial_at;
    if (serial_at > 511) return TC_ACT_SHOT;
    __u8 *serial = data + serial_at;
    if ((void *)(serial + 4) > end) return TC_ACT_SHOT;
    control = bpf_map_lookup_elem(&controls, &zero);
    if (!control) return TC_ACT_SHOT;
    __builtin_memcpy(serial, &control->serial, 4);
  } else {
    __u32 turn = __sync_fetch_and_add(&answer->turn, 1) % records;
    if (type == 1) {
      for (__u32 i = 0; i < MAX_RECORDS; i++) {
        if (i >= records) break;
        if ((void *)(to + 16) > end) return TC_ACT_SHOT;
        __u32 n = turn + i;
        if (n >= records) n -= records;
        __builtin_memcpy(to, &answer->body[(n & (MAX_RECORDS - 1)) * 16], 16);
        to += 16;
      }
    } else {
      for (__u32 i = 0; i < MAX_RECORDS; i++) {
        if (i >= records) break;
        if ((void *)(to + 28) > end) return TC_ACT_SHOT;
        __u32 n = turn + i;
        if (n >= records) n -= records;
        __builtin_memcpy(to, &answer->body[(n & (MAX_RECORDS - 1)) * 28], 28);
        to += 28;
      }
    }
  }
  if (edns) {
    if ((void *)(to + OPT_SIZE) > end) return TC_ACT_SHOT;
    __builtin_memset(to, 0, OPT_SIZE);
    to[2] = 41;
    to[3] = OWN_LIMIT >> 8;
    to[4] = OWN_LIMIT & 0xff;
  }
  count(ANSWERED, 0);
  // Directly to the other end of this veth pair, in the container.
  return bpf_redirect_peer(skb->ifindex, 0);
}

char LICENSE[] SEC("license") = "GPL";
