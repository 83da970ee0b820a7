// Sockets in another network namespace for TypeScript. A socket stays in the namespace that it was made in, so only this call
// enters it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <node_api.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// A UDP socket is bound here, so that it has a port of its own: Node would allow sockets to share one.
static int make_socket(int family, int type, const char *device) {
  int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  struct sockaddr_storage any = {.ss_family = family};
  socklen_t size = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
  if ((*device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device) + 1) != 0) ||
      (type == SOCK_DGRAM && bind(fd, (struct sockaddr *)&any, size) != 0)) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

// socketIn(namespace, family, type, device): a descriptor, or -errno. `namespace` is a descriptor of the network namespace,
// `family` 4 or 6, `type` "udp" or "tcp"; `device` "": any.
static napi_value socket_in(napi_env env, napi_callback_info info) {
  size_t argc = 4;
  napi_value argv[4], result;
  int32_t namespace = -1, family = 0;
  char type[4] = "", device[IFNAMSIZ] = "";
  int got = -EINVAL;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 4) return NULL;
  if (napi_get_value_int32(env, argv[0], &namespace) != napi_ok || napi_get_value_int32(env, argv[1], &family) != napi_ok ||
      napi_get_value_string_utf8(env, argv[2], type, sizeof type, NULL) != napi_ok ||
      napi_get_value_string_utf8(env, argv[3], device, sizeof device, NULL) != napi_ok) return NULL;
  int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (own < 0 || setns(namespace, CLONE_NEWNET) != 0) {
    got = -errno;
  } else {
    got = make_socket(family == 6 ? AF_INET6 : AF_INET, strcmp(type, "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM, device);
    // A process that stayed in the wrong namespace would answer queries there.
    if (setns(own, CLONE_NEWNET) != 0) napi_fatal_error("drover namespace-socket", NAPI_AUTO_LENGTH, "cannot return to the own network namespace", NAPI_AUTO_LENGTH);
  }
  if (own >= 0) close(own);
  return napi_create_int32(env, got, &result) == napi_ok ? result : NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "socketIn", NAPI_AUTO_LENGTH, socket_in, NULL, &function) != napi_ok) return NULL;
  if (napi_set_named_property(env, exports, "socketIn", function) != napi_ok) return NULL;
  return exports;
}
