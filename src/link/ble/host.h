/* SPDX-License-Identifier: MIT */
/*
 * BlueZ as all boards of this process share it: one connection to the system bus, its adapters, a
 * turn per adapter, and a pairing agent for the boards of the configuration. bluetoothd may come
 * and go, and so may the bus.
 */
#ifndef LINK_BLE_HOST_H
#define LINK_BLE_HOST_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct ble_host;

/* Connects, and goes on trying: a bus or a bluetoothd that is not there is no error. */
int ble_host_new(struct ble_host **ret, sd_event *event);

/* After the last of its boards. Takes NULL, returns NULL. */
struct ble_host *ble_host_free(struct ble_host *host);

#endif
