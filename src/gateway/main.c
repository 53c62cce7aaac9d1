/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "gateway/gateway.h"

static const char help_text[] = "Usage: bmsd [OPTIONS]\n"
				"Reads battery boards, keeps their history and their settings.\n\n"
				"  -c, --config FILE   configuration [" BMSD_CONF "]\n"
				"      --check         validate the configuration and exit\n"
				"  -h, --help          show this text\n"
				"      --version       show the version\n\n"
				"See bmsd(8) and bmsd.conf(5).\n";

struct arguments {
	const char *config_path;
	bool check;
	bool done; /* answered already */
};

/* Returns an exit code. */
static int parse_arguments(struct arguments *arguments, int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (option == 'c') {
			arguments->config_path = optarg;
		} else if (option == 'k') {
			arguments->check = true;
		} else if (option == 'h' || option == 'v') {
			fputs(option == 'h' ? help_text : "bmsd " BMSD_VERSION "\n", stdout);
			arguments->done = true;
			return EX_OK;
		} else {
			return EX_USAGE; /* getopt has said why */
		}
	}
	if (optind < argc) {
		fprintf(stderr, "bmsd: unexpected argument '%s'\n", argv[optind]);
		return EX_USAGE;
	}
	return EX_OK;
}

/* Stop and reload arrive through the event loop; no thread may take them before. */
static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	return pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int load(struct config **ret, const char *path)
{
	struct config_errors errors = { 0 };
	int r = config_load(ret, path, &errors);

	if (r < 0 && errors.text)
		fputs(errors.text, stderr);
	config_errors_deinit(&errors);
	if (r == -ENOENT || r == -EACCES)
		return EX_NOINPUT;
	return r < 0 ? EX_CONFIG : EX_OK;
}

static int run(const char *config_path, struct config *config)
{
	struct gateway *gateway = NULL;
	int r = gateway_new(&gateway, config_path, config);

	if (r >= 0)
		r = gateway_run(gateway);
	if (r < 0)
		log_error("cannot run: %s", strerror(-r));
	gateway_free(gateway);
	return r < 0 ? EX_OSERR : EX_OK;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .config_path = BMSD_CONF };
	struct config *config = NULL;
	int code;

	setlocale(LC_ALL, "C.UTF-8"); /* figures look the same everywhere */
	code = parse_arguments(&arguments, argc, argv);
	if (code != EX_OK || arguments.done)
		return code;
	log_open(LOG_TARGET_AUTO, LOG_INFO);
	code = load(&config, arguments.config_path);
	if (code != EX_OK)
		return code;
	if (arguments.check) {
		config_free(config);
		printf("%s: valid\n", arguments.config_path);
		return EX_OK;
	}
	if (block_signals() != 0) {
		config_free(config);
		return EX_OSERR;
	}
	return run(arguments.config_path, config);
}
