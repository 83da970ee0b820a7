// Looks names up as programs do, A and AAAA at once, through the search list of resolv.conf.
//   getaddrinfo CLIENT NAMES LOOKUPS THREADS
#include "report.h"

static int wanted, begun;

static int next_lookup(void) {
  pthread_mutex_lock(&lock);
  int number = begun < wanted ? begun++ : -1;
  pthread_mutex_unlock(&lock);
  return number;
}

static bool is_missing(int code) {
#ifdef EAI_NODATA
  if (code == EAI_NODATA) return true;
#endif
  return code == EAI_NONAME;
}

static void *look_up(void *nothing) {
  for (int number; (number = next_lookup()) >= 0;) {
    const struct expected *expected = &names[number % name_count];
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *addresses = NULL;
    double began = now_ms();
    int code = getaddrinfo(expected->name, NULL, &hints, &addresses);
    double took = now_ms() - began;
    count_lookup(expected, took, fault_of(expected, addresses, code ? gai_strerror(code) : NULL, is_missing(code)));
    if (code == 0) freeaddrinfo(addresses);
  }
  return nothing;
}

int main(int count, char **arguments) {
  if (count != 5) return fprintf(stderr, "usage: getaddrinfo CLIENT NAMES LOOKUPS THREADS\n"), 2;
  read_names(arguments[2]);
  wanted = atoi(arguments[3]);
  pthread_t threads[64];
  int size = atoi(arguments[4]);
  for (int i = 0; i < size && i < 64; i++) pthread_create(&threads[i], NULL, look_up, NULL);
  for (int i = 0; i < size && i < 64; i++) pthread_join(threads[i], NULL);
  print_report(arguments[1]);
}
