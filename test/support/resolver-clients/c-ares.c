// The same through c-ares: some lookups at a time on one channel.
//   c-ares CLIENT NAMES LOOKUPS AT_ONCE
#include "report.h"
#include <ares.h>
#include <sys/select.h>

static int wanted, begun, under_way;

struct lookup {
  const struct expected *expected;
  double began;
};

// c-ares has its own list of addresses.
static struct addrinfo *plain_list(const struct ares_addrinfo *found) {
  struct addrinfo *list = NULL;
  for (const struct ares_addrinfo_node *node = found ? found->nodes : NULL; node; node = node->ai_next) {
    struct addrinfo *item = calloc(1, sizeof *item);
    *item = (struct addrinfo){.ai_family = node->ai_family, .ai_addr = node->ai_addr, .ai_next = list};
    list = item;
  }
  return list;
}

static void on_answer(void *argument, int status, int timeouts, struct ares_addrinfo *found) {
  struct lookup *lookup = argument;
  (void)timeouts;
  bool missing = status == ARES_ENOTFOUND || status == ARES_ENODATA;
  struct addrinfo *list = plain_list(found);
  const char *error = status == ARES_SUCCESS ? NULL : ares_strerror(status);
  count_lookup(lookup->expected, now_ms() - lookup->began, fault_of(lookup->expected, list, error, missing));
  for (struct addrinfo *next; list; list = next) next = list->ai_next, free(list);
  if (found) ares_freeaddrinfo(found);
  free(lookup);
  under_way--;
}

static void begin(ares_channel channel) {
  struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct lookup *lookup = malloc(sizeof *lookup);
  *lookup = (struct lookup){.expected = &names[begun++ % name_count], .began = now_ms()};
  under_way++;
  ares_getaddrinfo(channel, lookup->expected->name, NULL, &hints, on_answer, lookup);
}

static void wait_once(ares_channel channel) {
  fd_set readable, writable;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  struct timeval limit, most = {.tv_sec = 1};
  int highest = ares_fds(channel, &readable, &writable);
  select(highest, &readable, &writable, NULL, ares_timeout(channel, &most, &limit));
  ares_process(channel, &readable, &writable);
}

int main(int count, char **arguments) {
  if (count != 5) return fprintf(stderr, "usage: c-ares CLIENT NAMES LOOKUPS AT_ONCE\n"), 2;
  read_names(arguments[2]);
  wanted = atoi(arguments[3]);
  ares_channel channel;
  if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS || ares_init(&channel) != ARES_SUCCESS) return fprintf(stderr, "no c-ares\n"), 1;
  while (begun < wanted || under_way > 0) {
    while (begun < wanted && under_way < atoi(arguments[4])) begin(channel);
    if (under_way > 0) wait_once(channel);
  }
  ares_destroy(channel);
  print_report(arguments[1]);
}
