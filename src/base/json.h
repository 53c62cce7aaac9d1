/* SPDX-License-Identifier: MIT */
/* A JSON writer onto a FILE; it knows where commas go, the caller opens and closes in pairs. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
	JSON_DEPTH_MAX = 16
};

struct json {
	FILE *out; /* borrowed */
	unsigned depth;
	bool pretty;
	bool has_value[JSON_DEPTH_MAX];
	bool is_broken[JSON_DEPTH_MAX]; /* the level has values on lines of their own */
};

void json_init(struct json *json, FILE *out, bool pretty);

/* key is NULL inside an array and at the top. */
void json_object_begin(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array_begin(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_integer(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
/* NULL writes null; bytes that are not UTF-8 are replaced. */
void json_string(struct json *json, const char *key, const char *value);

/* Ends the document with a newline; another one may follow. */
void json_finish(struct json *json);

#endif
