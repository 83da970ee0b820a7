// What the clients have in common: the names they look up, what must come back, and what they say at the end.
#pragma once
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A line of the file of names: `NAME ADDRESS,ADDRESS` (these and no others, at least one), or `NAME -` (no such name).
struct expected {
  char name[200], addresses[400];
};

enum { MAX_NAMES = 256, MAX_TOLD = 10, MAX_LATENCIES = 1 << 20 };
static const double STALL_MS = 1000;

static struct expected names[MAX_NAMES];
static int name_count;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static float *latencies;
static int lookups, failed, stalled, told;
static char failures[MAX_TOLD][400];

static inline double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static inline void read_names(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) perror(path), exit(1);
  while (name_count < MAX_NAMES && fscanf(file, "%199s %399s", names[name_count].name, names[name_count].addresses) == 2) name_count++;
  fclose(file);
  latencies = malloc(MAX_LATENCIES * sizeof *latencies);
  if (name_count == 0 || !latencies) fprintf(stderr, "no names in %s\n", path), exit(1);
}

static inline bool is_listed(const char *list, const char *address) {
  size_t length = strlen(address);
  for (const char *at = list; (at = strstr(at, address)); at += length)
    if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == 0)) return true;
  return false;
}

// What is wrong with what came back; NULL when nothing is. `addresses` may be NULL.
static inline const char *fault_of(const struct expected *expected, const struct addrinfo *addresses, const char *error, bool missing) {
  static _Thread_local char text[200];
  if (strcmp(expected->addresses, "-") == 0) {
    if (missing) return NULL;
    return error ? error : "there is no such name, but it has an address";
  }
  if (error) return error;
  for (const struct addrinfo *at = addresses; at; at = at->ai_next) {
    char address[INET6_ADDRSTRLEN] = "";
    const void *raw = at->ai_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)at->ai_addr)->sin6_addr
                                                : (void *)&((struct sockaddr_in *)at->ai_addr)->sin_addr;
    inet_ntop(at->ai_family, raw, address, sizeof address);
    if (is_listed(expected->addresses, address)) continue;
    snprintf(text, sizeof text, "it is not %s", address);
    return text;
  }
  return addresses ? NULL : "no addresses";
}

static inline void count_lookup(const struct expected *expected, double took, const char *fault) {
  pthread_mutex_lock(&lock);
  if (lookups < MAX_LATENCIES) latencies[lookups] = (float)took;
  lookups++;
  failed += fault != NULL;
  stalled += took > STALL_MS;
  if ((fault || took > STALL_MS) && told < MAX_TOLD)
    snprintf(failures[told++], sizeof failures[0], "%.190s after %.0f ms: %.190s", expected->name, took, fault ? fault : "stalled");
  pthread_mutex_unlock(&lock);
}

static int by_value(const void *a, const void *b) {
  float left = *(const float *)a, right = *(const float *)b;
  return (left > right) - (left < right);
}

// One line of JSON.
static inline void print_report(const char *client) {
  int kept = lookups < MAX_LATENCIES ? lookups : MAX_LATENCIES;
  qsort(latencies, (size_t)kept, sizeof *latencies, by_value);
  float none = 0, *sorted = kept ? latencies : &none;
  int last = kept ? kept - 1 : 0;
  printf("{\"client\":\"%s\",\"lookups\":%d,\"failed\":%d,\"stalled\":%d,\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"maxMs\":%.3f,\"failures\":[",
         client, lookups, failed, stalled, sorted[last / 2], sorted[(int)(last * 0.99)], sorted[last]);
  for (int i = 0; i < told; i++) printf("%s\"%s\"", i ? "," : "", failures[i]);
  printf("]}\n");
}
