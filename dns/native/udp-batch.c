// UDP over IPv4 in batches: recvmmsg, one call into TypeScript, sendmmsg. The event loop polls each socket.
// Memory is shared: TypeScript reads queries from the slots of `rx` and writes replies into the slots of `tx`, with their lengths.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The functions of libuv that are used here. The node binary exports them; handles are opaque memory.
enum { UV_POLL_TYPE = 8, UV_READABLE_EVENT = 1, UV_WRITABLE_EVENT = 2 };
size_t uv_handle_size(int type);
int uv_poll_init(struct uv_loop_s *loop, void *handle, int fd);
int uv_poll_start(void *handle, int events, void (*callback)(void *handle, int status, int events));
void uv_close(void *handle, void (*callback)(void *handle));
void uv_handle_set_data(void *handle, void *data);
void *uv_handle_get_data(const void *handle);
const char *uv_err_name(int error);

// The size of a slot is an odd number of cache lines, so that the slots do not all map to one set of the cache.
enum { SLOTS = 64, RX_SLOT = 4160, TX_SLOT = 1344, MAX_ROUNDS = 8, RECEIVE_BUFFER = 16 << 20, DISCARD_PORT = 9 };
// Several replies to one client are sent as one message, which the kernel splits into datagrams (UDP_SEGMENT, Linux 4.18).
enum { SEGMENT_OPTION = 103, MAX_GROUP_SIZE = 60000 };
enum { BUFFERS = 6, ARGUMENTS = 4 + BUFFERS + 1 };

typedef union {
  struct cmsghdr align;
  uint8_t bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
} PacketInfo;

// Control data of a message: the size of its segments, and its source address.
typedef union {
  struct cmsghdr align;
  uint8_t bytes[CMSG_SPACE(sizeof(uint16_t)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
} Control;

typedef struct {
  int fd;
  int users; // references: the event loop, and the object that TypeScript has
  bool closed;
  bool left;
  bool wildcard;
  bool segments; // whether the kernel splits messages
  void *poll;
  napi_env env;
  napi_async_context context;
  napi_ref buffers, receiver, callback;
  napi_async_cleanup_hook_handle cleanup;
  uint8_t *rx, *tx;
  int32_t *rx_lengths, *tx_lengths;
  uint32_t *sources, *ports;
  int pending, ready; // messages out[pending, ready) wait until the socket accepts more
  bool apart;         // the first of them is sent datagram by datagram
  in_addr_t asked[SLOTS]; // for each part; see asked_address
  uint32_t unsent;
  struct sockaddr_in from[SLOTS];
  struct iovec rx_parts[SLOTS], tx_parts[SLOTS];
  struct mmsghdr in[SLOTS], out[SLOTS];
  PacketInfo rx_info[SLOTS]; // only for a socket that is bound to the wildcard address
  Control tx_control[SLOTS];
} Socket;

static void release(Socket *s) {
  if (--s->users > 0) return;
  free(s->poll);
  free(s);
}

// ---- from C to TypeScript -----------------------------------------------------------------------------------------

static napi_value fail(napi_env env, const char *what, int error) {
  napi_throw_error(env, uv_err_name(-error), what);
  return NULL;
}

static napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  return napi_create_double(env, value, &result) == napi_ok ? result : NULL;
}

// ---- the socket ---------------------------------------------------------------------------------------------------

static size_t put_control(struct cmsghdr *at, int level, int type, const void *value, size_t size) {
  *at = (struct cmsghdr){.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size)};
  memcpy(CMSG_DATA(at), value, size);
  return CMSG_SPACE(size);
}

// `segment`: the size of the datagrams that the kernel splits the message into; 0: one datagram. A socket bound to the wildcard
// address replies from the address that was queried [RFC 2181 §4.1]; `source` 0: the kernel chooses by route.
static void use_control(const Socket *s, struct msghdr *message, Control *control, uint16_t segment, in_addr_t source) {
  size_t size = 0;
  if (segment != 0) size += put_control(&control->align, IPPROTO_UDP, SEGMENT_OPTION, &segment, sizeof segment);
  if (s->wildcard) {
    struct in_pktinfo from = {.ipi_spec_dst.s_addr = source};
    size += put_control((struct cmsghdr *)(control->bytes + size), IPPROTO_IP, IP_PKTINFO, &from, sizeof from);
  }
  message->msg_control = size == 0 ? NULL : control;
  message->msg_controllen = size;
}

// The local address that a datagram was sent to; 0 if the socket is bound to one address.
static in_addr_t asked_address(struct msghdr *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != IPPROTO_IP || part->cmsg_type != IP_PKTINFO) continue;
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(part), sizeof info);
    return info.ipi_spec_dst.s_addr;
  }
  return 0;
}

// If the path does not support splitting (IPsec, a small MTU), the datagrams of a message are sent one by one. Sends the first.
static int send_apart(Socket *s) {
  struct msghdr *group = &s->out[s->pending].msg_hdr;
  int at = (int)(group->msg_iov - s->tx_parts);
  struct msghdr one = {.msg_name = group->msg_name, .msg_namelen = group->msg_namelen, .msg_iov = group->msg_iov, .msg_iovlen = 1};
  Control control;
  use_control(s, &one, &control, 0, s->asked[at]);
  return sendmsg(s->fd, &one, 0) < 0 ? -1 : 0;
}

// Removes the first waiting datagram.
static void advance(Socket *s) {
  struct msghdr *message = &s->out[s->pending].msg_hdr;
  message->msg_iov++;
  if (--message->msg_iovlen > 0) return;
  s->pending += 1;
  s->apart = false;
}

// Sends what waits; false: the socket accepts no more now. A reply that cannot be sent is counted and skipped.
static bool flush(Socket *s) {
  while (s->pending < s->ready) {
    int sent = s->apart ? send_apart(s) : sendmmsg(s->fd, s->out + s->pending, (unsigned)(s->ready - s->pending), 0);
    if (sent > 0) {
      s->pending += sent;
    } else if (sent == 0 && s->apart) {
      advance(s);
    } else if (sent < 0 && errno == EAGAIN) {
      return false;
    } else if (sent < 0 && (errno == EINTR || errno == ECONNREFUSED)) {
      continue;
    } else if (!s->apart && s->out[s->pending].msg_hdr.msg_iovlen > 1) {
      s->apart = true;
    } else {
      advance(s);
      s->unsent += 1;
    }
  }
  return true;
}

static int receive(Socket *s) {
  for (int i = 0; i < SLOTS; i++) {
    s->in[i].msg_hdr.msg_namelen = sizeof s->from[i];
    s->in[i].msg_hdr.msg_controllen = s->wildcard ? sizeof s->rx_info[i] : 0;
  }
  int count = recvmmsg(s->fd, s->in, SLOTS, MSG_DONTWAIT, NULL);
  for (int i = 0; i < count; i++) {
    s->rx_lengths[i] = (int32_t)s->in[i].msg_len;
    s->tx_lengths[i] = 0;
    s->sources[i] = ntohl(s->from[i].sin_addr.s_addr);
    s->ports[i] = ntohs(s->from[i].sin_port);
  }
  return count;
}

// Replies to one client that are sent together. All have the size of the first one, except the last, which may be smaller.
typedef struct {
  struct msghdr *message; // NULL: none is open
  const struct sockaddr_in *client;
  in_addr_t asked;
  size_t segment, size;
} Group;

static bool joins(const Group *group, const struct sockaddr_in *client, in_addr_t asked, size_t length) {
  return group->message != NULL && client->sin_port == group->client->sin_port &&
         client->sin_addr.s_addr == group->client->sin_addr.s_addr && asked == group->asked && length <= group->segment &&
         group->size + length <= MAX_GROUP_SIZE;
}

// Turns the replies of a batch into messages. Replies to one client are often adjacent: A and AAAA, or a burst.
static void collect_replies(Socket *s, int count) {
  s->pending = s->ready = 0;
  s->apart = false;
  Group group = {0};
  int parts = 0;
  for (int i = 0; i < count; i++) {
    size_t length = (size_t)s->tx_lengths[i];
    if (s->tx_lengths[i] <= 0 || length > TX_SLOT) continue;
    in_addr_t asked = s->wildcard ? asked_address(&s->in[i].msg_hdr) : 0;
    s->asked[parts] = asked;
    struct iovec *part = &s->tx_parts[parts++];
    *part = (struct iovec){s->tx + (size_t)i * TX_SLOT, length};
    if (joins(&group, &s->from[i], asked, length)) {
      if (group.message->msg_iovlen++ == 1)
        use_control(s, group.message, &s->tx_control[s->ready - 1], (uint16_t)group.segment, asked);
      group.size += length;
      if (length < group.segment) group.message = NULL;
      continue;
    }
    struct msghdr *message = &s->out[s->ready].msg_hdr;
    *message = (struct msghdr){.msg_name = &s->from[i], .msg_namelen = sizeof s->from[i], .msg_iov = part, .msg_iovlen = 1};
    use_control(s, message, &s->tx_control[s->ready], 0, asked);
    s->ready += 1;
    group = (Group){s->segments ? message : NULL, &s->from[i], asked, length, length};
  }
}

// False: the call failed. Its exception was reported as uncaught, or the environment is ending.
static bool tell(Socket *s, int count) {
  napi_env env = s->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  napi_value callback, receiver, argument, result;
  bool ok = napi_get_reference_value(env, s->callback, &callback) == napi_ok &&
            napi_get_reference_value(env, s->receiver, &receiver) == napi_ok &&
            napi_create_int32(env, count, &argument) == napi_ok;
  if (ok) {
    napi_status status = napi_make_callback(env, s->context, receiver, callback, 1, &argument, &result);
    ok = status == napi_ok;
    if (status == napi_pending_exception) {
      napi_value exception;
      if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) napi_fatal_exception(env, exception);
    }
  }
  napi_close_handle_scope(env, scope);
  return ok;
}

static void on_ready(void *handle, int status, int events);

static void wait_for(Socket *s, int events) {
  if (!s->closed) uv_poll_start(s->poll, events, on_ready);
}

// Few rounds, so that other sockets and timers get their turn. If there is more, the event loop calls again.
static void on_ready(void *handle, int status, int events) {
  Socket *s = uv_handle_get_data(handle);
  (void)events;
  if (status < 0) { // libuv stops at a pending error; reading it clears it
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (s->pending < s->ready) {
    if (!flush(s)) return wait_for(s, UV_WRITABLE_EVENT);
    wait_for(s, UV_READABLE_EVENT);
  } else if (status < 0) {
    wait_for(s, UV_READABLE_EVENT);
  }
  for (int round = 0; round < MAX_ROUNDS; round++) {
    int count = receive(s);
    if (count <= 0) return;
    bool told = tell(s, count);
    if (s->closed || !told) return;
    collect_replies(s, count);
    if (!flush(s)) return wait_for(s, UV_WRITABLE_EVENT); // no reading until then: the slots are still in use
    if (count < SLOTS) return;
  }
}

static void set_receive_buffer(int fd) {
  int size = RECEIVE_BUFFER;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0) return;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size); // as much as the system allows
}

// An earlier kernel would send a group as one datagram.
static bool knows_segments(int fd) {
  int size = 0;
  socklen_t length = sizeof size;
  return getsockopt(fd, IPPROTO_UDP, SEGMENT_OPTION, &size, &length) == 0;
}

// Returns a bound socket, or -1 with errno.
static int open_socket(const Socket *s, const char *address, uint16_t port, bool reuse_port, int send_buffer) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, address, &at.sin_addr) != 1) return errno = EINVAL, -1;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int on = 1, never = IP_PMTUDISC_DONT;
  set_receive_buffer(fd);
  // Without DF: the host may fragment a reply for a bridge with a smaller MTU, instead of dropping the first one.
  setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &never, sizeof never);
  if ((send_buffer > 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer) != 0) ||
      (reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) ||
      (s->wildcard && setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0) ||
      bind(fd, (struct sockaddr *)&at, sizeof at) != 0) {
    int error = errno;
    close(fd);
    return errno = error, -1;
  }
  return fd;
}

// ---- opening and closing --------------------------------------------------------------------------------------------

static void on_closed(void *handle) {
  Socket *s = uv_handle_get_data(handle);
  napi_handle_scope scope;
  if (napi_open_handle_scope(s->env, &scope) == napi_ok) {
    napi_delete_reference(s->env, s->buffers);
    napi_delete_reference(s->env, s->receiver);
    napi_delete_reference(s->env, s->callback);
    napi_async_destroy(s->env, s->context);
    napi_close_handle_scope(s->env, scope);
  }
  napi_remove_async_cleanup_hook(s->cleanup);
  release(s);
}

static void close_socket(Socket *s) {
  if (s->closed) return;
  s->closed = true;
  uv_close(s->poll, on_closed);
  close(s->fd);
}

static void on_teardown(napi_async_cleanup_hook_handle handle, void *data) {
  (void)handle;
  close_socket(data);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  release(data);
}

static void prepare_slots(Socket *s) {
  for (size_t i = 0; i < SLOTS; i++) {
    s->rx_parts[i] = (struct iovec){s->rx + i * RX_SLOT, RX_SLOT};
    s->in[i].msg_hdr = (struct msghdr){.msg_name = &s->from[i], .msg_iov = &s->rx_parts[i], .msg_iovlen = 1};
    if (s->wildcard) s->in[i].msg_hdr.msg_control = &s->rx_info[i];
  }
}

// Keeps the shared memory. Each buffer must be a typed array of at least the expected size.
static bool take_buffers(napi_env env, const napi_value *values, Socket *s) {
  static const napi_typedarray_type types[BUFFERS] = {napi_uint8_array, napi_uint8_array,  napi_int32_array,
                                                      napi_int32_array, napi_uint32_array, napi_uint32_array};
  static const size_t sizes[BUFFERS] = {SLOTS * RX_SLOT, SLOTS * TX_SLOT, SLOTS, SLOTS, SLOTS, SLOTS};
  void *data[BUFFERS];
  napi_value all;
  if (napi_create_array_with_length(env, BUFFERS, &all) != napi_ok) return false;
  for (uint32_t i = 0; i < BUFFERS; i++) {
    napi_typedarray_type type;
    size_t length = 0;
    bool is_array = false;
    if (napi_is_typedarray(env, values[i], &is_array) != napi_ok || !is_array) return false;
    if (napi_get_typedarray_info(env, values[i], &type, &length, &data[i], NULL, NULL) != napi_ok) return false;
    if (type != types[i] || length < sizes[i] || napi_set_element(env, all, i, values[i]) != napi_ok) return false;
  }
  s->rx = data[0], s->tx = data[1], s->rx_lengths = data[2], s->tx_lengths = data[3];
  s->sources = data[4], s->ports = data[5];
  return napi_create_reference(env, all, 1, &s->buffers) == napi_ok;
}

// Keeps what is needed to call into TypeScript.
static bool take_callback(napi_env env, napi_value callback, Socket *s) {
  napi_value receiver, name;
  napi_valuetype type;
  return napi_typeof(env, callback, &type) == napi_ok && type == napi_function &&
         napi_create_object(env, &receiver) == napi_ok &&
         napi_create_string_utf8(env, "DNSBATCH", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_create_reference(env, receiver, 1, &s->receiver) == napi_ok &&
         napi_create_reference(env, callback, 1, &s->callback) == napi_ok &&
         napi_async_init(env, receiver, name, &s->context) == napi_ok;
}

// Undoes the steps of `open` before the one that failed. The event loop does not know the handle yet.
static napi_value give_up(napi_env env, Socket *s, const char *what, int error) {
  if (s->buffers) napi_delete_reference(env, s->buffers);
  if (s->receiver) napi_delete_reference(env, s->receiver);
  if (s->callback) napi_delete_reference(env, s->callback);
  if (s->context) napi_async_destroy(env, s->context);
  if (s->fd >= 0) close(s->fd);
  free(s->poll);
  free(s);
  return fail(env, what, error);
}

// open(address, port, reusePort, sendBuffer (0: default), rx, tx, rxLengths, txLengths, sources, ports, onBatch): binds a socket and
// starts to read.
static napi_value open_batch(napi_env env, napi_callback_info info) {
  size_t argc = ARGUMENTS;
  napi_value argv[ARGUMENTS], result;
  char address[INET_ADDRSTRLEN + 1];
  uint32_t port = 0;
  int32_t send_buffer = 0;
  bool reuse_port = false;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc != ARGUMENTS ||
      napi_get_value_string_utf8(env, argv[0], address, sizeof address, NULL) != napi_ok ||
      napi_get_value_uint32(env, argv[1], &port) != napi_ok || port > UINT16_MAX ||
      napi_get_value_bool(env, argv[2], &reuse_port) != napi_ok ||
      napi_get_value_int32(env, argv[3], &send_buffer) != napi_ok)
    return fail(env, "open: wrong arguments", EINVAL);
  Socket *s = calloc(1, sizeof *s);
  if (s == NULL) return fail(env, "open: no memory", ENOMEM);
  s->env = env;
  s->fd = -1;
  s->poll = calloc(1, uv_handle_size(UV_POLL_TYPE));
  if (s->poll == NULL) return give_up(env, s, "open: no memory", ENOMEM);
  if (!take_buffers(env, argv + 4, s)) return give_up(env, s, "open: wrong buffers", EINVAL);
  if (!take_callback(env, argv[10], s)) return give_up(env, s, "open: wrong callback", EINVAL);
  s->wildcard = strcmp(address, "0.0.0.0") == 0;
  prepare_slots(s);
  s->fd = open_socket(s, address, (uint16_t)port, reuse_port, send_buffer);
  if (s->fd < 0) return give_up(env, s, "open: the socket cannot be bound", errno);
  s->segments = knows_segments(s->fd);

  struct uv_loop_s *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return give_up(env, s, "open: no event loop", ENOTSUP);
  int error = uv_poll_init(loop, s->poll, s->fd);
  if (error != 0) return give_up(env, s, "open: the socket cannot be watched", -error);
  // From here on the event loop knows the handle: it can only be closed.
  uv_handle_set_data(s->poll, s);
  s->users = 1;
  if (napi_add_async_cleanup_hook(env, on_teardown, s, &s->cleanup) != napi_ok ||
      (error = uv_poll_start(s->poll, UV_READABLE_EVENT, on_ready)) != 0 ||
      napi_create_external(env, s, on_collected, NULL, &result) != napi_ok) {
    close_socket(s);
    return fail(env, "open: the socket cannot be watched", error ? -error : ENOMEM);
  }
  s->users += 1;
  return result;
}

// ---- what TypeScript calls on an open socket ------------------------------------------------------------------------

// Reads `argc` arguments, the first of which is the socket; null after throwing.
static Socket *socket_of(napi_env env, napi_callback_info info, size_t wanted, napi_value *argv) {
  size_t argc = wanted;
  napi_valuetype type;
  void *data = NULL;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) == napi_ok && argc == wanted &&
      napi_typeof(env, argv[0], &type) == napi_ok && type == napi_external &&
      napi_get_value_external(env, argv[0], &data) == napi_ok && data != NULL)
    return data;
  fail(env, "wrong arguments", EINVAL);
  return NULL;
}

// port(socket): the port it is bound to.
static napi_value port_of(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  Socket *s = socket_of(env, info, 1, argv);
  if (s == NULL) return NULL;
  struct sockaddr_in at;
  socklen_t size = sizeof at;
  if (s->closed || getsockname(s->fd, (struct sockaddr *)&at, &size) != 0) return fail(env, "port: the socket is closed", EBADF);
  return number(env, ntohs(at.sin_port));
}

// asked(socket, slot): the local address that the query in this slot was sent to, during onBatch; 0 if the socket is bound to one
// address.
static napi_value asked(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  Socket *s = socket_of(env, info, 2, argv);
  if (s == NULL) return NULL;
  uint32_t slot;
  if (napi_get_value_uint32(env, argv[1], &slot) != napi_ok || slot >= SLOTS) return fail(env, "asked: wrong arguments", EINVAL);
  return number(env, s->wildcard ? ntohl(asked_address(&s->in[slot].msg_hdr)) : 0);
}

// send(socket, bytes, address, port, from): sends one datagram now, from that local address (0: the kernel chooses). False: it
// could not be sent.
static napi_value send_one(napi_env env, napi_callback_info info) {
  napi_value argv[5], result;
  Socket *s = socket_of(env, info, 5, argv);
  if (s == NULL) return NULL;
  void *data;
  size_t length;
  uint32_t address, port, from;
  bool is_buffer = false;
  if (napi_is_buffer(env, argv[1], &is_buffer) != napi_ok || !is_buffer ||
      napi_get_buffer_info(env, argv[1], &data, &length) != napi_ok ||
      napi_get_value_uint32(env, argv[2], &address) != napi_ok ||
      napi_get_value_uint32(env, argv[3], &port) != napi_ok || port > UINT16_MAX ||
      napi_get_value_uint32(env, argv[4], &from) != napi_ok)
    return fail(env, "send: wrong arguments", EINVAL);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(address)};
  struct iovec part = {data, length};
  struct msghdr message = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &part, .msg_iovlen = 1};
  Control control;
  use_control(s, &message, &control, 0, htonl(from));
  ssize_t sent = -1;
  // Twice, because the first attempt may report the error of an earlier datagram.
  for (int attempt = 0; attempt < 2 && sent < 0 && !s->closed; attempt++) sent = sendmsg(s->fd, &message, 0);
  if (sent < 0) s->unsent += 1;
  return napi_get_boolean(env, sent >= 0, &result) == napi_ok ? result : NULL;
}

// leave(socket): receives no more queries while another socket shares the port; queued ones are still read. When the kernel
// chooses from a group, it skips connected sockets. This one is connected to its own address, at a port that never sends.
static napi_value leave(napi_env env, napi_callback_info info) {
  napi_value argv[1], result;
  Socket *s = socket_of(env, info, 1, argv);
  if (s == NULL) return NULL;
  struct sockaddr_in peer;
  socklen_t size = sizeof peer;
  if (s->closed || getsockname(s->fd, (struct sockaddr *)&peer, &size) != 0) return fail(env, "leave: the socket is closed", EBADF);
  if (s->wildcard) peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer.sin_port = htons(DISCARD_PORT);
  if (connect(s->fd, (struct sockaddr *)&peer, sizeof peer) != 0) return fail(env, "leave: the socket cannot be connected", errno);
  s->left = true;
  return napi_get_undefined(env, &result) == napi_ok ? result : NULL;
}

// dropped(socket): datagrams that the kernel dropped because its queue was full.
static napi_value dropped(napi_env env, napi_callback_info info) {
  enum { MEMORY_FIELDS = 9, DROPS = 8, MEMORY_OPTION = 55 /* SO_MEMINFO, Linux 4.12 */ };
  napi_value argv[1];
  Socket *s = socket_of(env, info, 1, argv);
  if (s == NULL) return NULL;
  uint32_t memory[MEMORY_FIELDS] = {0};
  socklen_t size = sizeof memory;
  if (s->closed || getsockopt(s->fd, SOL_SOCKET, MEMORY_OPTION, memory, &size) != 0) return number(env, 0);
  return number(env, memory[DROPS]);
}

// unsent(socket): replies that could not be sent.
static napi_value unsent(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  Socket *s = socket_of(env, info, 1, argv);
  return s == NULL ? NULL : number(env, s->unsent);
}

// close(socket): stops reading and sending. Idempotent.
static napi_value close_batch(napi_env env, napi_callback_info info) {
  napi_value argv[1], result;
  Socket *s = socket_of(env, info, 1, argv);
  if (s == NULL) return NULL;
  close_socket(s);
  return napi_get_undefined(env, &result) == napi_ok ? result : NULL;
}

static bool export_number(napi_env env, napi_value exports, const char *name, int value) {
  napi_value it = number(env, value);
  return it != NULL && napi_set_named_property(env, exports, name, it) == napi_ok;
}

NAPI_MODULE_INIT() {
  static const struct { const char *name; napi_callback call; } functions[] = {
      {"open", open_batch}, {"port", port_of},   {"send", send_one},    {"leave", leave},
      {"asked", asked},     {"dropped", dropped}, {"unsent", unsent}, {"close", close_batch},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function) != napi_ok) return NULL;
    if (napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) return NULL;
  }
  bool ok = export_number(env, exports, "slots", SLOTS) && export_number(env, exports, "rxSlot", RX_SLOT) &&
            export_number(env, exports, "txSlot", TX_SLOT);
  return ok ? exports : NULL;
}
