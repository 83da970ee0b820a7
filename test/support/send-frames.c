// Sends frames as they are given, which any container may that keeps Docker's default capabilities.
//   send-frames DEVICE HEX...
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { LONGEST = 1514 };

static int send_frame(int fd, unsigned device, const char *hex) {
  unsigned char frame[LONGEST];
  unsigned length = 0, byte;
  for (; length < LONGEST && sscanf(hex + 2 * length, "%2x", &byte) == 1; length++) frame[length] = (unsigned char)byte;
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)device, .sll_halen = 6};
  memcpy(to.sll_addr, frame, 6);
  return sendto(fd, frame, length, 0, (struct sockaddr *)&to, sizeof to) == (ssize_t)length;
}

int main(int count, char **arguments) {
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  unsigned device = count > 2 ? if_nametoindex(arguments[1]) : 0;
  if (fd < 0 || device == 0) return perror("send-frames"), 2;
  for (int i = 2; i < count; i++)
    if (!send_frame(fd, device, arguments[i])) return perror(arguments[i]), 1;
}
