#!/bin/busybox sh
# The guest's first program, in its initramfs. Its root becomes the file tree of the host, which it
# can only read, below a layer of memory that takes what is written. stage2.sh goes on there.
/bin/busybox --install -s /bin
export PATH=/bin

fail() {
  echo "guest: $*" > /dev/console
  sleep 1
  poweroff -f
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
modprobe -a 9pnet_virtio 9p overlay || fail "no 9p or no overlay in this kernel"

# msize: one round trip to the host for half a megabyte. The host's tree is taken not to change.
share="trans=virtio,version=9p2000.L,msize=512000"
mount -t 9p -o "$share,ro,cache=loose" host /host || fail "cannot mount the host's root"
mount -t tmpfs -o mode=755 tmpfs /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /root ||
  fail "cannot lay memory over the host's root"

mkdir -p /root/proc /root/sys /root/dev /root/run /root/lib/modules
mount -t tmpfs -o mode=755 tmpfs /root/run
mkdir /root/run/vm /root/run/bin /root/run/tmp /root/run/netns
mount -t 9p -o "$share,rw,cache=none" control /root/run/vm || fail "cannot mount the control share"
cp -a /lib/modules/. /root/lib/modules/
cp /bin/busybox /root/run/bin/
for dir in proc sys dev; do mount --move /$dir /root/$dir; done
exec switch_root /root /run/bin/busybox sh /run/vm/stage2.sh
