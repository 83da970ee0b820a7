// Connects to a service by name, as most programs do: to the first address that getaddrinfo gives. Prints how often each
// address was the first, as one line of JSON.
//   connects NAME PORT COUNT
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_ADDRESSES = 64 };

static char seen[MAX_ADDRESSES][INET6_ADDRSTRLEN];
static int counts[MAX_ADDRESSES], kinds, failed;

static void count_address(const char *address) {
  int at = 0;
  while (at < kinds && strcmp(seen[at], address) != 0) at++;
  if (at == MAX_ADDRESSES) return;
  if (at == kinds) strcpy(seen[kinds++], address);
  counts[at]++;
}

// At the end a reset: ten thousand connections must not leave ten thousand ports waiting.
static int connects_to(const struct addrinfo *to) {
  int fd = socket(to->ai_family, SOCK_STREAM, 0);
  struct linger reset = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  int connected = connect(fd, to->ai_addr, to->ai_addrlen) == 0;
  close(fd);
  return connected;
}

int main(int count, char **arguments) {
  if (count != 4) return fprintf(stderr, "usage: connects NAME PORT COUNT\n"), 2;
  for (int i = 0; i < atoi(arguments[3]); i++) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *addresses;
    if (getaddrinfo(arguments[1], arguments[2], &hints, &addresses) != 0) {
      failed++;
      continue;
    }
    char address[INET6_ADDRSTRLEN];
    getnameinfo(addresses->ai_addr, addresses->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST);
    if (connects_to(addresses)) count_address(address);
    else failed++;
    freeaddrinfo(addresses);
  }
  printf("{\"failed\":%d,\"connections\":{", failed);
  for (int i = 0; i < kinds; i++) printf("%s\"%s\":%d", i ? "," : "", seen[i], counts[i]);
  printf("}}\n");
}
