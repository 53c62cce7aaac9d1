/* SPDX-License-Identifier: MIT */
#include "config/errors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "config/source.h"

int error_list_init(struct error_list *errors, const struct source *source)
{
	*errors = (struct error_list){ .source = source };
	errors->out = open_memstream(&errors->text, &errors->size);
	return errors->out ? 0 : -ENOMEM;
}

__attribute__((format(printf, 4, 0))) static void error_write(struct error_list *errors,
	const char *file, unsigned number, const char *format, va_list arguments)
{
	char message[ERROR_MESSAGE_SIZE];

	if (++errors->count > ERROR_LINES_MAX)
		return;
	vsnprintf(message, sizeof(message), format, arguments);
	fprintf(errors->out, "%s:", file);
	if (number)
		fprintf(errors->out, "%u:", number);
	fprintf(errors->out, " %s\n", message);
}

void error_list_add(struct error_list *errors, unsigned line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	error_write(errors, source_file(errors->source, line), source_number(errors->source, line),
		format, arguments);
	va_end(arguments);
}

void error_list_add_at(
	struct error_list *errors, const char *file, unsigned number, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	error_write(errors, file, number, format, arguments);
	va_end(arguments);
}

char *error_list_finish(struct error_list *errors)
{
	char *text;

	if (errors->count > ERROR_LINES_MAX)
		fprintf(errors->out, "%s: and %zu more\n", errors->source->files[0],
			errors->count - ERROR_LINES_MAX);
	if (fclose(errors->out) != 0) {
		free(errors->text);
		errors->text = NULL;
	}
	errors->out = NULL;
	text = errors->text;
	errors->text = NULL;
	return text;
}
