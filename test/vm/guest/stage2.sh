# The guest's second program, in the file tree of the host; sh is busybox. /run/vm is the directory
# that host and guest share: it says what to run, and takes exit status and results.
/run/bin/busybox --install -s /run/bin
# The host's own tools first; busybox has what it may lack.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/bin
export HOME=/root LANG=C.UTF-8 TERM=dumb TMPDIR=/run/tmp

mkdir -p /dev/pts /dev/shm
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t debugfs debugfs /sys/kernel/debug
ln -sf /proc/self/fd /dev/fd
for pair in 0:stdin 1:stdout 2:stderr; do ln -sf "/proc/self/fd/${pair%%:*}" "/dev/${pair##*:}"; done
# The kernel asks for modules itself, as for the first veth.
echo /run/bin/modprobe > /proc/sys/kernel/modprobe
ip link set lo up
hostname guest

pair=$(cat /run/vm/pair)
if [ -n "$pair" ]; then
  mkdir "$pair"
  mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,rw,cache=none pair "$pair"
fi

modules=$(cat /run/vm/modules)
# shellcheck disable=SC2086 # one word each
[ -z "$modules" ] || /run/bin/modprobe -a $modules

# Kept open: the console forgets its settings when the last one closes it.
exec 3>> /dev/hvc0
stty -opost -echo <&3
read -r uptime _ < /proc/uptime
echo "guest: Linux $(uname -r), up after $uptime s" >&3

# One argument in each line; never read by a shell.
set --
while IFS= read -r argument; do set -- "$@" "$argument"; done < /run/vm/arguments
{ cd "$(cat /run/vm/directory)" && setsid "$@" < /dev/null; } >&3 2>&1
echo "$?" > /run/vm/status
sync
/run/bin/poweroff -f
