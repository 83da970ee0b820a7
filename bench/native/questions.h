// What is asked: names of a file, and names that do not exist, as DNS messages.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_SIZE = 192, QUERY_HEADER = 12, MISSING_LABEL = 12, RCODE_NXDOMAIN = 3, TYPE_A = 1, TYPE_AAAA = 28 };

struct query {
  uint8_t bytes[QUERY_SIZE];
  uint16_t length;
};

struct questions {
  struct query *all;
  uint32_t count;
  uint64_t random;
};

static const uint8_t OPT_RECORD[] = {0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};

static inline uint64_t random_of(uint64_t *state) { // xorshift64*
  *state ^= *state >> 12, *state ^= *state << 25, *state ^= *state >> 27;
  return *state * 0x2545f4914f6cdd1dull;
}

static inline uint8_t *write_name(uint8_t *to, const char *name) {
  while (*name) {
    const char *end = strchr(name, '.');
    size_t length = end ? (size_t)(end - name) : strlen(name);
    *to++ = (uint8_t)length;
    memcpy(to, name, length);
    to += length;
    name += length + (end ? 1 : 0);
  }
  *to++ = 0;
  return to;
}

static inline struct query query_of(const char *name, int type, bool edns) {
  struct query query = {.bytes = {[2] = 1, [5] = 1}}; // RD, one question
  uint8_t *end = write_name(query.bytes + QUERY_HEADER, name);
  memcpy(end, (uint8_t[]){0, (uint8_t)type, 0, 1}, 4);
  end += 4;
  if (edns) {
    query.bytes[11] = 1;
    memcpy(end, OPT_RECORD, sizeof OPT_RECORD);
    end += sizeof OPT_RECORD;
  }
  query.length = (uint16_t)(end - query.bytes);
  return query;
}

static inline struct questions read_questions(const char *path, bool edns) {
  struct questions questions = {.random = 0x9e3779b97f4a7c15ull};
  FILE *file = fopen(path, "r");
  if (!file) perror(path), exit(1);
  char name[128], type[16];
  for (uint32_t room = 0; fscanf(file, "%127s %15s", name, type) == 2;) {
    if (questions.count == room) questions.all = realloc(questions.all, (room = room ? room * 2 : 1024) * sizeof(struct query));
    questions.all[questions.count++] = query_of(name, strcmp(type, "AAAA") == 0 ? TYPE_AAAA : TYPE_A, edns);
  }
  fclose(file);
  if (questions.count == 0) fprintf(stderr, "%s holds no names\n", path), exit(1);
  return questions;
}

static inline const struct query *any_question(struct questions *questions) {
  return &questions->all[(random_of(&questions->random) >> 32) % questions->count];
}

// The same query, its first label replaced by random letters.
static inline void missing_question(struct query *into, const struct query *like, uint64_t number) {
  int first = like->bytes[QUERY_HEADER] + 1;
  number *= 0x9e3779b97f4a7c15ull;
  memcpy(into->bytes, like->bytes, QUERY_HEADER);
  uint8_t *to = into->bytes + QUERY_HEADER;
  *to++ = MISSING_LABEL;
  for (int i = 0; i < MISSING_LABEL; i++) *to++ = (uint8_t)('a' + ((number >> (i * 5)) & 15));
  memcpy(to, like->bytes + QUERY_HEADER + first, like->length - QUERY_HEADER - first);
  into->length = (uint16_t)(like->length - first + 1 + MISSING_LABEL);
}
