/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <errno.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "config/errors.h"
#include "config/reader.h"
#include "config/source.h"
#include "config/syntax.h"

struct config *config_free(struct config *config)
{
	if (!config)
		return NULL;
	free(config->packs);
	free(config->lines);
	free(config);
	return NULL;
}

void config_errors_deinit(struct config_errors *errors)
{
	free(errors->text);
	*errors = (struct config_errors){ 0 };
}

static int tree_read(const struct source *source, struct config *config, struct error_list *errors)
{
	config_t tree;
	int r = 0;

	config_init(&tree);
	if (config_read_string(&tree, source->text))
		r = reader_read(&tree, config, errors);
	else
		syntax_error_add(&tree, errors);
	config_destroy(&tree);
	return r;
}

static int config_read_source(
	struct source *source, const char *path, struct config *config, struct error_list *errors)
{
	int r = source_read(source, path, errors);

	/* A half-read text would only add errors that are not the user's. */
	if (r == 0 && errors->count == 0)
		r = tree_read(source, config, errors);
	if (r < 0)
		error_list_add_at(errors, path, 0, "%s", strerror(-r));
	else if (errors->count)
		r = -EINVAL;
	return r;
}

int config_load(struct config **ret, const char *path, struct config_errors *errors)
{
	struct config *config = calloc(1, sizeof(*config));
	struct source source = { 0 };
	struct error_list list = { 0 };
	int r = -ENOMEM;

	*errors = (struct config_errors){ 0 };
	if (config)
		r = error_list_init(&list, &source);
	if (r == 0) {
		r = config_read_source(&source, path, config, &list);
		errors->count = list.count;
		errors->text = error_list_finish(&list);
	}
	source_deinit(&source);
	if (r < 0) {
		config_free(config);
		return r;
	}
	*ret = config;
	return 0;
}
