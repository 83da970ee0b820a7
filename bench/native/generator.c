// Asks a DNS server as fast as it answers, or at a steady rate, and prints what came back as one line of JSON. It is
// cheaper than a server can be: batches of datagrams, one thread.
#define _GNU_SOURCE
#include "arguments.h"
#include "client.h"
#include "histogram.h"
#include "questions.h"
#include <errno.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, REPLY_SIZE = 1500, RATE_SLOTS = 1024, MAX_SOCKETS = 256 };
static const uint64_t SECOND = 1000000000, LOST_AFTER = 1000000000, LOOK_FOR_LOST = 50000000;
// A saturated server with a short queue drops some, whose place in the window is wanted soon.
static const uint64_t LOST_AFTER_SATURATED = 200000000;

struct counts {
  uint64_t sent, received, lost, bad, stray, missing, truncated, records, bytes, refused;
};

static struct arguments given;
static struct questions questions;
static struct client clients[MAX_SOCKETS];
static struct counts counts;
static struct histogram latencies;
static uint8_t replies[BATCH][REPLY_SIZE];
static struct mmsghdr incoming[BATCH], outgoing[BATCH];
static struct iovec incoming_pieces[BATCH], outgoing_pieces[BATCH];
static uint32_t watched_address;
static char first_bad[2 * 512 + 1]; // in hexadecimal digits
static int since_watched, readable;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static double cpu_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void prepare_messages(void) {
  for (int i = 0; i < BATCH; i++) {
    incoming_pieces[i] = (struct iovec){replies[i], REPLY_SIZE};
    incoming[i].msg_hdr = (struct msghdr){.msg_iov = &incoming_pieces[i], .msg_iovlen = 1};
    outgoing[i].msg_hdr = (struct msghdr){.msg_iov = &outgoing_pieces[i], .msg_iovlen = 1};
  }
}

// Takes a free slot (there must be one) and puts the next query into it.
static struct slot *next_query(struct client *client, uint64_t due) {
  uint16_t number = client->free[--client->free_count];
  struct slot *slot = &client->slots[number];
  uint64_t chance = random_of(&questions.random);
  const struct query *query = any_question(&questions);
  slot->watched = given.watch > 0 && ++since_watched >= given.watch;
  slot->missing = !slot->watched && (double)(chance >> 11) * 0x1p-53 < given.missing;
  if (slot->watched) since_watched = 0, query = &questions.all[0];
  if (slot->missing) {
    uint64_t fresh = random_of(&questions.random);
    missing_question(&slot->query, query, given.missing_pool ? fresh % (uint64_t)given.missing_pool : fresh);
  } else {
    memcpy(slot->query.bytes, query->bytes, query->length);
    slot->query.length = query->length;
  }
  // Another id each time, so that a late reply is not taken for the next one's.
  slot->id = (uint16_t)(((slot->id + client->mask + 1) & ~client->mask) | number);
  slot->query.bytes[0] = (uint8_t)(slot->id >> 8), slot->query.bytes[1] = (uint8_t)slot->id;
  slot->sent_at = due;
  return slot;
}

// The first address of the watched name; the owner of its record is a pointer or a whole name.
static void watch_answer(const uint8_t *reply, unsigned length, uint16_t query_length) {
  unsigned at = query_length - (given.edns ? sizeof OPT_RECORD : 0);
  while (at < length && reply[at] != 0 && reply[at] < 0xc0) at += reply[at] + 1u;
  at += at < length && reply[at] >= 0xc0 ? 2 : 1;
  uint32_t address = 0;
  if (reply[7] > 0 && at + 14 <= length) memcpy(&address, reply + at + 10, 4);
  if (address == watched_address) return;
  watched_address = address;
  const uint8_t *part = (const uint8_t *)&address;
  printf("{\"watched\":\"%u.%u.%u.%u\",\"atNs\":%lu}\n", part[0], part[1], part[2], part[3], now());
  fflush(stdout);
}

static bool is_right(const struct slot *slot, const uint8_t *reply, unsigned length) {
  if (given.echo) return length == slot->query.length;
  unsigned question = slot->query.length - (given.edns ? sizeof OPT_RECORD : 0);
  if (length < question || memcmp(reply + QUERY_HEADER, slot->query.bytes + QUERY_HEADER, question - QUERY_HEADER)) return false;
  int rcode = reply[3] & 15, records = reply[6] << 8 | reply[7];
  return slot->missing ? rcode == RCODE_NXDOMAIN : rcode == 0 && (records > 0 || reply[2] & 2);
}

static void remember_bad(const uint8_t *reply, unsigned length) {
  for (unsigned i = 0; i < length && i < 512; i++) snprintf(first_bad + 2 * i, 3, "%02x", reply[i]);
}

static void take_reply(struct client *client, const uint8_t *reply, unsigned length, uint64_t at) {
  uint16_t id = length >= QUERY_HEADER ? (uint16_t)(reply[0] << 8 | reply[1]) : 0;
  struct slot *slot = &client->slots[id & client->mask];
  if (length < QUERY_HEADER || slot->sent_at == 0 || slot->id != id || !(reply[2] & 0x80)) {
    counts.stray++;
    return;
  }
  histogram_add(&latencies, at - slot->sent_at);
  if (!is_right(slot, reply, length)) {
    if (counts.bad++ == 0) remember_bad(reply, length);
  }
  counts.received++;
  counts.missing += (reply[3] & 15) == RCODE_NXDOMAIN;
  counts.truncated += (reply[2] & 2) != 0;
  counts.records += (uint64_t)(reply[6] << 8 | reply[7]);
  counts.bytes += length;
  if (slot->watched) watch_answer(reply, length, slot->query.length);
  release(client, slot);
}

static int receive(struct client *client) {
  int count = recvmmsg(client->fd, incoming, BATCH, MSG_DONTWAIT, NULL);
  if (count < 0 && errno == ECONNREFUSED) counts.refused++;
  uint64_t at = now();
  for (int i = 0; i < count; i++) take_reply(client, replies[i], incoming[i].msg_len, at);
  return count > 0 ? count : 0;
}

static void send_all(struct client *client, int count) {
  for (int sent = 0; sent < count;) {
    int done = sendmmsg(client->fd, outgoing + sent, (unsigned)(count - sent), 0);
    if (done > 0) sent += done;
    else if (errno == ECONNREFUSED) counts.refused++;
    else if (errno != EAGAIN && errno != ENOBUFS) perror("sendmmsg"), exit(1);
  }
  counts.sent += (uint64_t)count;
}

static void add_to_batch(int place, const struct slot *slot) {
  outgoing_pieces[place] = (struct iovec){(void *)slot->query.bytes, slot->query.length};
}

// Fills the window once half of it is free: batches, not single datagrams.
static int refill(struct client *client, int window) {
  int least = window / 2 < BATCH ? (window + 1) / 2 : BATCH;
  if (client->free_count < least) return 0;
  int count = client->free_count < BATCH ? client->free_count : BATCH;
  uint64_t at = now();
  for (int i = 0; i < count; i++) add_to_batch(i, next_query(client, at));
  send_all(client, count);
  return count;
}

static void forget_lost(uint64_t time) {
  uint64_t patience = given.rate > 0 ? LOST_AFTER : LOST_AFTER_SATURATED;
  for (int c = 0; c < given.sockets; c++)
    for (int i = 0; i <= clients[c].mask; i++) {
      struct slot *slot = &clients[c].slots[i];
      if (slot->sent_at == 0 || time < slot->sent_at + patience) continue;
      counts.lost++;
      release(&clients[c], slot);
    }
}

// What is due by now, one datagram each, the clients in turn; gives when the next one is.
static uint64_t send_due(uint64_t due, uint64_t time) {
  static int turn;
  uint64_t gap = SECOND / (uint64_t)given.rate;
  for (; due <= time; due += gap) {
    struct client *client = &clients[turn++ % given.sockets];
    if (client->free_count == 0) {
      counts.lost++;
      continue;
    }
    add_to_batch(0, next_query(client, due));
    send_all(client, 1);
  }
  return due;
}

// Takes what has come; with many clients only those that have something. `wait_ns` 0: does not wait.
static void receive_ready(long wait_ns) {
  struct epoll_event events[MAX_SOCKETS];
  struct timespec timeout = {.tv_nsec = wait_ns};
  int count = epoll_pwait2(readable, events, MAX_SOCKETS, &timeout, NULL);
  for (int i = 0; i < count; i++) receive(&clients[events[i].data.u32]);
}

static int under_way(void) {
  int count = 0;
  for (int c = 0; c < given.sockets; c++)
    for (int i = 0; i <= clients[c].mask; i++) count += clients[c].slots[i].sent_at != 0;
  return count;
}

static void look_for_lost(uint64_t time) {
  static uint64_t looked_at;
  if (time - looked_at > LOOK_FOR_LOST) forget_lost(looked_at = time);
}

static void saturate_until(uint64_t end) {
  for (uint64_t time = now(); time < end; time = now()) {
    for (int i = 0; i < given.sockets; i++) {
      receive(&clients[i]);
      refill(&clients[i], given.window / given.sockets);
    }
    look_for_lost(time);
  }
}

// After a pause of more than a second, such as the machine's own, the schedule begins anew.
static void ask_steadily_until(uint64_t end) {
  static uint64_t due;
  for (uint64_t time = now(); time < end; time = now()) {
    due = send_due(due + SECOND > time ? due : time, time);
    look_for_lost(time);
    uint64_t next = due < end ? due : end;
    time = now();
    receive_ready(given.nap && next > time ? (long)(next - time) : 0);
  }
}

static void run_until(uint64_t end) {
  if (given.rate > 0) ask_steadily_until(end);
  else saturate_until(end);
}

// What is under way at the end may still come; what does not within a moment is lost.
static void wait_for_rest(uint64_t end) {
  while (under_way() > 0 && now() < end)
    for (int i = 0; i < given.sockets; i++) receive(&clients[i]);
  counts.lost += (uint64_t)under_way();
}

static void print_result(const struct counts *measured, double seconds, double cpu) {
  double received = measured->received ? (double)measured->received : 1;
  printf("{\"seconds\":%.4f,\"perSecond\":%.1f,\"sent\":%lu,\"received\":%lu,\"lost\":%lu,\"bad\":%lu,\"stray\":%lu,"
         "\"refused\":%lu,\"nxdomain\":%lu,\"truncated\":%lu,\"records\":%.3f,\"bytes\":%.1f,"
         "\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,\"cpuSeconds\":%.3f,\"firstBad\":\"%s\"}\n",
         seconds, (double)measured->received / seconds, measured->sent, measured->received, counts.lost, counts.bad,
         counts.stray, counts.refused, measured->missing, measured->truncated, (double)measured->records / received,
         (double)measured->bytes / received, histogram_at(&latencies, 0.5), histogram_at(&latencies, 0.9),
         histogram_at(&latencies, 0.99), histogram_at(&latencies, 0.999), latencies.max / 1e3, cpu, first_bad);
}

int main(int count, char **values) {
  given = read_arguments(count, values);
  questions = read_questions(given.names, given.edns);
  prctl(PR_SET_TIMERSLACK, 1000);
  if (given.sockets > MAX_SOCKETS) return fprintf(stderr, "at most %d sockets\n", MAX_SOCKETS), 2;
  readable = epoll_create1(0);
  int slots = given.rate > 0 ? RATE_SLOTS : given.window / given.sockets;
  for (int i = 0; i < given.sockets; i++) {
    open_client(&clients[i], &given, i, slots);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    // Being watched costs each datagram something.
    if (given.rate > 0) epoll_ctl(readable, EPOLL_CTL_ADD, clients[i].fd, &event);
  }
  prepare_messages();
  run_until(now() + (uint64_t)(given.warm * 1e9));
  counts = (struct counts){0};
  first_bad[0] = 0;
  latencies = (struct histogram){0};
  uint64_t began = now();
  double cpu = cpu_seconds();
  run_until(began + (uint64_t)(given.seconds * 1e9));
  double seconds = (double)(now() - began) / 1e9;
  cpu = cpu_seconds() - cpu;
  struct counts measured = counts;
  wait_for_rest(now() + SECOND / 2);
  print_result(&measured, seconds, cpu);
}
