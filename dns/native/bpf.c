// The bpf(2) system call for TypeScript. The attribute is passed as bytes; this code fills in pointers, because only native
// code knows the address of a buffer.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_POINTERS 8

static napi_value fail(napi_env env, const char *what, int error) {
  char message[160];
  snprintf(message, sizeof message, "%s: %s", what, strerror(error));
  napi_throw_error(env, NULL, message);
  return NULL;
}

static int bytes_of(napi_env env, napi_value value, uint8_t **data, size_t *size) {
  bool is_buffer = false;
  if (napi_is_buffer(env, value, &is_buffer) != napi_ok || !is_buffer) return 0;
  return napi_get_buffer_info(env, value, (void **)data, size) == napi_ok;
}

// Writes the address of each of `pairs` (offset, buffer, offset, buffer, ...) into the attribute.
static int fill_pointers(napi_env env, napi_value pairs, uint8_t *attr, size_t size) {
  uint32_t count = 0;
  if (napi_get_array_length(env, pairs, &count) != napi_ok || count > 2 * MAX_POINTERS || count % 2) return 0;
  for (uint32_t i = 0; i < count; i += 2) {
    napi_value at, buffer;
    uint32_t offset = 0;
    uint8_t *data = NULL;
    size_t length = 0;
    if (napi_get_element(env, pairs, i, &at) != napi_ok || napi_get_element(env, pairs, i + 1, &buffer) != napi_ok) return 0;
    if (napi_get_value_uint32(env, at, &offset) != napi_ok || !bytes_of(env, buffer, &data, &length)) return 0;
    uint64_t address = (uint64_t)(uintptr_t)data;
    if (offset > size || size - offset < sizeof address) return 0;
    memcpy(attr + offset, &address, sizeof address);
  }
  return 1;
}

// bpf(command, attribute, pointers, namespace): the result of the call, or -errno. `namespace` is a descriptor of the network
// namespace to enter during the call; -1: stay in the current one.
static napi_value call(napi_env env, napi_callback_info info) {
  size_t argc = 4, size = 0;
  napi_value argv[4], result;
  uint32_t command = 0;
  int32_t namespace = -1;
  uint8_t *attr = NULL;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != 4) return fail(env, "bpf", EINVAL);
  if (napi_get_value_uint32(env, argv[0], &command) != napi_ok || !bytes_of(env, argv[1], &attr, &size)) return fail(env, "bpf", EINVAL);
  if (!fill_pointers(env, argv[2], attr, size) || napi_get_value_int32(env, argv[3], &namespace) != napi_ok) return fail(env, "bpf", EINVAL);
  int own = -1;
  if (namespace >= 0) {
    own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0) return fail(env, "the own network namespace cannot be opened", errno);
    if (setns(namespace, CLONE_NEWNET) != 0) {
      int error = errno;
      close(own);
      return fail(env, "the network namespace cannot be entered", error);
    }
  }
  long got = syscall(SYS_bpf, command, attr, (unsigned)size);
  int error = errno;
  if (own >= 0) {
    // A process that stayed in the wrong namespace would answer queries there.
    if (setns(own, CLONE_NEWNET) != 0) napi_fatal_error("drover bpf", NAPI_AUTO_LENGTH, "cannot return to the own network namespace", NAPI_AUTO_LENGTH);
    close(own);
  }
  if (napi_create_int64(env, got < 0 ? -(int64_t)error : (int64_t)got, &result) != napi_ok) return NULL;
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "bpf", NAPI_AUTO_LENGTH, call, NULL, &function) != napi_ok) return NULL;
  if (napi_set_named_property(env, exports, "bpf", function) != napi_ok) return NULL;
  return exports;
}
