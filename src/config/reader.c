/* SPDX-License-Identifier: MIT */
#include "config/reader.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "config/errors.h"
#include "config/options.h"
#include "config/settings_group.h"
#include "config/source.h"
#include "config/value.h"

/* Where an element of a list was written, for errors about two of them. */
#define PLACE        "%s:%u"
#define place(e, at) source_file((e)->source, at), source_number((e)->source, at)

static unsigned element_line(const config_setting_t *list, size_t index)
{
	return value_line(config_setting_get_elem(list, (unsigned)index));
}

/* Line of a member of an element, for errors about its value. */
static unsigned member_line(const config_setting_t *list, size_t index, const char *key)
{
	const config_setting_t *group = config_setting_get_elem(list, (unsigned)index);

	return value_line(config_setting_get_member(group, key));
}

/* A list of groups at the top of the file; its length, or 0 after an error. */
static size_t list_length(const config_setting_t *list, struct error_list *errors)
{
	const char *key = config_setting_name(list);
	int length = config_setting_length(list);
	bool sound = true;

	if (config_setting_type(list) != CONFIG_TYPE_LIST) {
		error_list_add(errors, value_line(list),
			"%s must be a list of groups ( { }, { } ), not %s", key, value_kind(list));
		return 0;
	}
	if (length > CONFIG_PACKS_MAX) {
		error_list_add(errors, value_line(list), "%s has %d groups, at most %d are allowed",
			key, length, CONFIG_PACKS_MAX);
		return 0;
	}
	for (int i = 0; i < length; i++) {
		const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);

		if (config_setting_type(group) == CONFIG_TYPE_GROUP)
			continue;
		sound = false;
		error_list_add(errors, value_line(group), "%s holds groups { }, not %s", key,
			value_kind(group));
	}
	return sound ? (size_t)length : 0;
}

static void name_check(const char *name, unsigned line, struct error_list *errors)
{
	for (const char *p = name; *p; p++) {
		if (isalnum((unsigned char)*p) || *p == '_' || (*p == '-' && p > name))
			continue;
		error_list_add(errors, line,
			"name \"%s\" may only hold letters, digits, - and _, and not begin with -",
			name);
		return;
	}
}

/* The wires a pack may be on: one, or all while its link is not known. */
static unsigned pack_wires(const config_setting_t *group, const struct config_pack *preset)
{
	const struct option_table *table = &option_tables[OPTION_SCOPE_PACK];
	int link = preset->link;
	const char *word;

	if (config_setting_lookup_string(group, "link", &word))
		link = option_word_index(option_by_key(table, "link"), word);
	else if (config_setting_get_member(group, "link"))
		link = -1;
	return link < 0 ? OPTION_WIRES_ALL : 1u << config_wire_of(link);
}

static void pack_read(
	const config_setting_t *group, struct config_pack *pack, struct error_list *errors)
{
	const struct option_table *table = &option_tables[OPTION_SCOPE_PACK];
	const config_setting_t *settings = config_setting_get_member(group, "settings");

	option_table_preset(table, pack);
	option_table_read(table, group, pack_wires(group, pack), pack, errors);
	if (*pack->name)
		name_check(
			pack->name, value_line(config_setting_get_member(group, "name")), errors);
	if (settings)
		settings_group_read(settings, pack->address, &pack->desired, errors);
}

/* Against every pack before it. A name or device that is absent has its own error. */
static void pack_check_unique(const struct config *config, size_t index,
	const config_setting_t *list, struct error_list *errors)
{
	const struct config_pack *pack = &config->packs[index];

	for (size_t i = 0; i < index; i++) {
		const struct config_pack *other = &config->packs[i];
		unsigned other_line = element_line(list, i);

		if (*pack->name && strcmp(pack->name, other->name) == 0)
			error_list_add(errors, member_line(list, index, "name"),
				"name \"%s\" is already taken by the pack at " PLACE, pack->name,
				place(errors, other_line));
		if (*pack->device && pack->address == other->address &&
			strcmp(pack->device, other->device) == 0)
			error_list_add(errors, element_line(list, index),
				"device \"%s\" address %" PRId64
				" is already read as the pack at " PLACE,
				pack->device, pack->address, place(errors, other_line));
	}
}

/* Told once, at the first pack that is too many. */
static void pack_check_room(const struct config *config, size_t index, const config_setting_t *list,
	struct error_list *errors)
{
	const struct config_pack *pack = &config->packs[index];
	size_t before = 0;

	for (size_t i = 0; i < index; i++)
		before += *pack->device && strcmp(pack->device, config->packs[i].device) == 0;
	if (before == CONFIG_LINE_PACKS_MAX)
		error_list_add(errors, element_line(list, index),
			"device \"%s\" has more than %d packs, one line serves no more",
			pack->device, CONFIG_LINE_PACKS_MAX);
}

static int packs_read(
	const config_setting_t *list, struct config *config, struct error_list *errors)
{
	size_t count;

	if (!list) {
		error_list_add(errors, 0,
			"there is no pack, write packs = ( { name = \"NAME\"; device = \"DEVICE\"; "
			"} );");
		return 0;
	}
	count = list_length(list, errors);
	if (config_setting_is_list(list) && config_setting_length(list) == 0)
		error_list_add(errors, value_line(list), "there is no pack in this list");
	config->packs = calloc(count + 1, sizeof(*config->packs));
	if (!config->packs)
		return -ENOMEM;
	config->pack_count = count;
	for (size_t i = 0; i < count; i++) {
		pack_read(config_setting_get_elem(list, (unsigned)i), &config->packs[i], errors);
		pack_check_unique(config, i, list, errors);
		pack_check_room(config, i, list, errors);
	}
	return 0;
}

static size_t line_find(const struct config *config, const char *device, unsigned wires)
{
	size_t i = 0;

	while (i < config->line_count && (strcmp(config->lines[i].device, device) != 0 ||
						 !(wires >> config->lines[i].wire & 1)))
		i++;
	return i;
}

/* One line for each wire and device of the packs, at its defaults. */
static int lines_collect(struct config *config)
{
	config->lines = calloc(config->pack_count + 1, sizeof(*config->lines));
	if (!config->lines)
		return -ENOMEM;
	for (size_t i = 0; i < config->pack_count; i++) {
		struct config_pack *pack = &config->packs[i];
		enum config_wire wire = config_wire_of(pack->link);
		struct config_line *line;

		pack->line_index = line_find(config, pack->device, 1u << wire);
		if (pack->line_index < config->line_count)
			continue;
		line = &config->lines[config->line_count++];
		option_table_preset(&option_tables[OPTION_SCOPE_LINE], line);
		memcpy(line->device, pack->device, sizeof(line->device));
		line->wire = wire;
	}
	return 0;
}

/* The place of an earlier group for the same device, or NULL. */
static const config_setting_t *line_earlier(
	const config_setting_t *list, size_t index, const char *device)
{
	for (size_t i = 0; i < index; i++) {
		const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
		const char *other;

		if (config_setting_lookup_string(group, "device", &other) &&
			strcmp(other, device) == 0)
			return group;
	}
	return NULL;
}

/* The line of the packs with a group's device, or line_count. */
static size_t line_of_group(const config_setting_t *group, const struct config *config)
{
	const char *device;

	if (!config_setting_lookup_string(group, "device", &device))
		return config->line_count;
	return line_find(config, device, OPTION_WIRES_ALL);
}

static void line_read(const config_setting_t *list, size_t index, struct config *config,
	struct error_list *errors)
{
	const struct option_table *table = &option_tables[OPTION_SCOPE_LINE];
	const config_setting_t *group = config_setting_get_elem(list, (unsigned)index);
	size_t used = line_of_group(group, config);
	bool is_used = used < config->line_count;
	const config_setting_t *earlier;
	struct config_line line = { .wire = is_used ? config->lines[used].wire : 0 };
	unsigned at = value_line(group);

	option_table_preset(table, &line);
	option_table_read(
		table, group, is_used ? 1u << line.wire : OPTION_WIRES_ALL, &line, errors);
	if (!*line.device)
		return;
	earlier = line_earlier(list, index, line.device);
	if (earlier) {
		error_list_add(errors, at, "device \"%s\" already has a line at " PLACE,
			line.device, place(errors, value_line(earlier)));
		return;
	}
	if (is_used)
		config->lines[used] = line;
	else if (errors->count == 0)
		/* Not an error: a pack may be commented out for a while. */
		log_warning(PLACE ": no pack uses the line \"%s\"", place(errors, at), line.device);
}

int reader_read(const config_t *tree, struct config *config, struct error_list *errors)
{
	const struct option_table *table = &option_tables[OPTION_SCOPE_DAEMON];
	const config_setting_t *root = config_root_setting(tree);
	const config_setting_t *lines = config_setting_get_member(root, "lines");
	int r;

	option_table_preset(table, &config->daemon);
	option_table_read(table, root, OPTION_WIRES_ALL, &config->daemon, errors);
	r = packs_read(config_setting_get_member(root, "packs"), config, errors);
	if (r < 0)
		return r;
	r = lines_collect(config);
	if (r < 0)
		return r;
	for (size_t i = 0, count = lines ? list_length(lines, errors) : 0; i < count; i++)
		line_read(lines, i, config, errors);
	return 0;
}
