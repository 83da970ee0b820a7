// A socket of the generator, and the queries that are under way on it.
#pragma once
#include "arguments.h"
#include "questions.h"
#include <arpa/inet.h>
#include <sys/socket.h>

enum { BUFFER = 4 << 20 };

// One query under way.
struct slot {
  uint64_t sent_at; // 0: free
  uint16_t id;
  bool missing, watched;
  struct query query;
};

struct client {
  int fd;
  struct slot *slots;
  uint16_t *free; // a stack of slot numbers
  int free_count, mask;
};

static inline int power_of_two_from(int least) {
  int size = 1;
  while (size < least) size *= 2;
  return size;
}

// The client with this number, counted from the first source address.
static inline void open_client(struct client *client, const struct arguments *given, int number, int slots) {
  client->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  int size = BUFFER;
  setsockopt(client->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(client->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  if (given->sources) {
    struct sockaddr_in source = {.sin_family = AF_INET};
    inet_pton(AF_INET, given->sources, &source.sin_addr);
    source.sin_addr.s_addr = htonl(ntohl(source.sin_addr.s_addr) + (uint32_t)number);
    if (bind(client->fd, (struct sockaddr *)&source, sizeof source)) perror("--sources"), exit(1);
  }
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(given->port)};
  inet_pton(AF_INET, given->server, &server.sin_addr);
  if (connect(client->fd, (struct sockaddr *)&server, sizeof server)) perror("--server"), exit(1);
  client->mask = power_of_two_from(slots) - 1;
  client->slots = calloc((size_t)client->mask + 1, sizeof *client->slots);
  client->free = calloc((size_t)slots, sizeof *client->free);
  for (; client->free_count < slots; client->free_count++) client->free[client->free_count] = (uint16_t)client->free_count;
}

static inline void release(struct client *client, struct slot *slot) {
  slot->sent_at = 0;
  client->free[client->free_count++] = (uint16_t)(slot - client->slots);
}
