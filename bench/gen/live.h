#pragma once
/* Shared by live.bpf.c and live_player.cpp. */
#include <linux/types.h>

#include "pace.h"
#include "stamp.h"

/* Room for the headers of every stack that is built, with the stamp; captures need the long kind.
 */
#define SHORT_HEAD 192
#define LONG_HEAD 3392

struct short_template {
  __u32 length; /* of the frame */
  __u32 head;   /* bytes of it below; the rest is zero */
  __u8 bytes[SHORT_HEAD];
};

struct long_template {
  __u32 length;
  __u32 head;
  __u8 bytes[LONG_HEAD];
};
