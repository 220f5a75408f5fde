// Arguments of the XDP tracepoints, include/trace/events/xdp.h, by place.
#pragma once

// xdp_redirect_err: a frame does not get as far as the device.
enum {
  REFUSED_FROM = 0,
  REFUSED_MAP_ID = 5,
  REFUSED_INDEX = 6,
};

// xdp_devmap_xmit: what a device has taken of a bulk.
enum {
  BULK_FROM = 0,
  BULK_TO = 1,
  BULK_SENT = 2,
  BULK_REFUSED = 3,
  BULK_ERROR = 4,
};
