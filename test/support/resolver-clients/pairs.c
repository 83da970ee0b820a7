// Sends an A and an AAAA query from one socket at the same moment, as glibc and musl do, and waits for both replies; again
// and again, each time from a new port. Prints `{"pairs":N,"lost":N,"slowestMs":N}`.
//   pairs SERVER NAME COUNT
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TYPE_A = 1, TYPE_AAAA = 28, WAIT_MS = 2000 };

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int write_query(uint8_t *to, const char *name, int type, uint8_t id) {
  uint8_t header[12] = {0, id, 1, 0, 0, 1};
  memcpy(to, header, sizeof header);
  uint8_t *at = to + sizeof header;
  for (const char *end; *name; name = *end ? end + 1 : end) {
    end = strchr(name, '.') ? strchr(name, '.') : name + strlen(name);
    *at++ = (uint8_t)(end - name);
    memcpy(at, name, (size_t)(end - name));
    at += end - name;
  }
  uint8_t tail[5] = {0, 0, (uint8_t)type, 0, 1};
  memcpy(at, tail, sizeof tail);
  return (int)(at - to) + (int)sizeof tail;
}

// Number of the two replies that came.
static int ask_pair(const struct sockaddr_in *server, const char *name) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), replies = 0;
  if (connect(fd, (struct sockaddr *)server, sizeof *server)) perror("connect"), exit(1);
  uint8_t first[512], second[512], reply[1500];
  int sizes[] = {write_query(first, name, TYPE_A, 1), write_query(second, name, TYPE_AAAA, 2)};
  send(fd, first, (size_t)sizes[0], 0);
  send(fd, second, (size_t)sizes[1], 0);
  for (struct pollfd readable = {fd, POLLIN, 0}; replies < 2 && poll(&readable, 1, WAIT_MS) > 0;)
    if (recv(fd, reply, sizeof reply, 0) >= 12) replies++;
    else break;
  close(fd);
  return replies;
}

int main(int count, char **arguments) {
  if (count != 4) return fprintf(stderr, "usage: pairs SERVER NAME COUNT\n"), 2;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(53)};
  inet_pton(AF_INET, arguments[1], &server.sin_addr);
  int pairs = atoi(arguments[3]), lost = 0;
  double slowest = 0;
  for (int i = 0; i < pairs; i++) {
    double began = now_ms();
    lost += 2 - ask_pair(&server, arguments[2]);
    double took = now_ms() - began;
    if (took > slowest) slowest = took;
  }
  printf("{\"pairs\":%d,\"lost\":%d,\"slowestMs\":%.2f}\n", pairs, lost, slowest);
}
