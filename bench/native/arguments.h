// The command line of the generator.
#pragma once
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
    "generator --server ADDRESS --port PORT --names FILE [options]\n"
    "  --names FILE       one `NAME TYPE` a line (A or AAAA), asked in random order\n"
    "  --seconds N        how long to measure (2), after --warm N (0.5)\n"
    "  --rate N           so many queries a second, evenly; latency counts from the moment each was due.\n"
    "                     Without it the generator saturates: --window queries (256) are always under way\n"
    "  --sources ADDRESS  the first source address, with --sockets N (4) each socket has the next one\n"
    "  --missing SHARE    share of queries for names that do not exist: 12 random letters for the first label\n"
    "  --missing-pool N   so many such names, again and again; 0 (default): each one is asked once\n"
    "  --edns             queries carry an OPT record\n"
    "  --watch N          every Nth query is the first name; a line is printed when its first address changes\n"
    "  --nap              sleep between queries instead of spinning (with --rate)\n"
    "  --echo             expect the query itself back\n"
    "Prints one line of JSON.\n";

struct arguments {
  const char *server, *names, *sources;
  int port, rate, window, sockets, missing_pool, watch;
  double seconds, warm, missing;
  bool edns, nap, echo;
};

static inline struct arguments read_arguments(int count, char **values) {
  struct arguments given = {.server = "127.0.0.1", .port = 53, .window = 256, .sockets = 4, .seconds = 2, .warm = 0.5};
  static const struct option options[] = {
      {"server", 1, 0, 's'}, {"port", 1, 0, 'p'}, {"names", 1, 0, 'n'}, {"seconds", 1, 0, 'l'},
      {"warm", 1, 0, 'w'}, {"rate", 1, 0, 'r'}, {"window", 1, 0, 'q'}, {"sources", 1, 0, 'a'},
      {"sockets", 1, 0, 'c'}, {"missing", 1, 0, 'm'}, {"missing-pool", 1, 0, 'P'}, {"edns", 0, 0, 'e'},
      {"watch", 1, 0, 'W'}, {"nap", 0, 0, 'k'}, {"echo", 0, 0, 'E'}, {0}};
  for (int option; (option = getopt_long(count, values, "", options, NULL)) != -1;) switch (option) {
      case 's': given.server = optarg; break;
      case 'p': given.port = atoi(optarg); break;
      case 'n': given.names = optarg; break;
      case 'l': given.seconds = atof(optarg); break;
      case 'w': given.warm = atof(optarg); break;
      case 'r': given.rate = atoi(optarg); break;
      case 'q': given.window = atoi(optarg); break;
      case 'a': given.sources = optarg; break;
      case 'c': given.sockets = atoi(optarg); break;
      case 'm': given.missing = atof(optarg); break;
      case 'P': given.missing_pool = atoi(optarg); break;
      case 'e': given.edns = true; break;
      case 'W': given.watch = atoi(optarg); break;
      case 'k': given.nap = true; break;
      case 'E': given.echo = true; break;
      default: fputs(USAGE, stderr), exit(2);
    }
  if (!given.names || given.sockets < 1 || given.window < given.sockets) fputs(USAGE, stderr), exit(2);
  return given;
}
