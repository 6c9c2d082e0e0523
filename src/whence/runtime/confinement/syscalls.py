"""The numbers by which Linux knows its system calls, on the two processors that we know.

The table holds the calls that a confined worker may make and those that the escape attempts try; whatever is
not in it is refused without being named. A dash: this processor has no such call. (Linux sources,
arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.)

>>> number("read", "x86_64"), number("read", "aarch64"), number("open", "aarch64")
(0, 63, None)
"""

from __future__ import annotations

import platform

# name, x86_64, aarch64
_TABLE = """
read 0 63   write 1 64   readv 19 65   writev 20 66   pread64 17 67   pwrite64 18 68   preadv 295 69
pwritev 296 70   preadv2 327 286   pwritev2 328 287   lseek 8 62   close 3 57   close_range 436 436
fstat 5 80   newfstatat 262 79   statx 332 291   stat 4 -   lstat 6 -   access 21 -   faccessat 269 48
faccessat2 439 439   readlink 89 -   readlinkat 267 78   open 2 -   openat 257 56   creat 85 -
getdents64 217 61   getdents 78 -   getcwd 79 17   chdir 80 49   fchdir 81 50   mkdir 83 -
mkdirat 258 34   rmdir 84 -   unlink 87 -   unlinkat 263 35   rename 82 -   renameat 264 38
renameat2 316 276   ftruncate 77 46   truncate 76 45   fallocate 285 47   fsync 74 82   fdatasync 75 83
fadvise64 221 223   sendfile 40 71   copy_file_range 326 285   statfs 137 43   fstatfs 138 44
umask 95 166   dup 32 23   dup2 33 -   dup3 292 24   fcntl 72 25   ioctl 16 29   pipe 22 -
pipe2 293 59   chmod 90 -   fchmod 91 52   fchmodat 268 53   utimensat 280 88   utime 132 -
utimes 235 -   futimesat 261 -   chown 92 -   fchown 93 55   lchown 94 -   fchownat 260 54   link 86 -
linkat 265 37   symlink 88 -   symlinkat 266 36   mknod 133 -   mknodat 259 33   setxattr 188 5
lsetxattr 189 6   fsetxattr 190 7   getxattr 191 8   lgetxattr 192 9   fgetxattr 193 10
listxattr 194 11   llistxattr 195 12   flistxattr 196 13   removexattr 197 14   lremovexattr 198 15
fremovexattr 199 16   mmap 9 222   munmap 11 215   mprotect 10 226   mremap 25 216   brk 12 214
madvise 28 233   msync 26 227   membarrier 324 283   mlock 149 228   futex 202 98
set_robust_list 273 99   get_robust_list 274 100   rseq 334 293   set_tid_address 218 96   clone 56 220
clone3 435 435   fork 57 -   vfork 58 -   exit 60 93   exit_group 231 94   execve 59 221
execveat 322 281   wait4 61 260   waitid 247 95   rt_sigaction 13 134   rt_sigprocmask 14 135
rt_sigreturn 15 139   sigaltstack 131 132   rt_sigpending 127 136   rt_sigtimedwait 128 137
rt_sigsuspend 130 133   pause 34 -   restart_syscall 219 128   kill 62 129   tgkill 234 131
tkill 200 130   getpid 39 172   gettid 186 178   getppid 110 173   getuid 102 174   geteuid 107 175
getgid 104 176   getegid 108 177   getresuid 118 148   getresgid 120 150   getgroups 115 158
getpgrp 111 -   getpgid 121 155   getsid 124 156   setsid 112 157   uname 63 160   sysinfo 99 179
getrusage 98 165   getrlimit 97 163   setrlimit 160 164   prlimit64 302 261   sched_yield 24 124
sched_getaffinity 204 123   sched_getparam 143 121   sched_getscheduler 145 120
sched_get_priority_max 146 125   sched_get_priority_min 147 126   getpriority 140 141   getcpu 309 168
clock_gettime 228 113   clock_getres 229 114   clock_nanosleep 230 115   nanosleep 35 101
gettimeofday 96 169   time 201 -   times 100 153   setitimer 38 103   getitimer 36 102   alarm 37 -
getrandom 318 278   poll 7 -   ppoll 271 73   select 23 -   pselect6 270 72   epoll_create 213 -
epoll_create1 291 20   epoll_ctl 233 21   epoll_wait 232 -   epoll_pwait 281 22   epoll_pwait2 441 441
socket 41 198   socketpair 53 199   connect 42 203   bind 49 200   listen 50 201   accept 43 202
accept4 288 242   sendto 44 206   sendmsg 46 211   recvfrom 45 207   recvmsg 47 212   shutdown 48 210
getsockname 51 204   getpeername 52 205   getsockopt 55 209   setsockopt 54 208   prctl 157 167
seccomp 317 277   capset 126 91   capget 125 90   setuid 105 146   setgid 106 144   setresuid 117 147
setresgid 119 149   setgroups 116 159   landlock_create_ruleset 444 444   landlock_add_rule 445 445
landlock_restrict_self 446 446   ptrace 101 117   process_vm_readv 310 270   process_vm_writev 311 271
pidfd_open 434 434   pidfd_getfd 438 438   pidfd_send_signal 424 424   kcmp 312 272   mount 165 40
umount2 166 39   chroot 161 51   pivot_root 155 41   unshare 272 97   setns 308 268   move_mount 429 429
open_tree 428 428   fsopen 430 430   bpf 321 280   perf_event_open 298 241   keyctl 250 219
add_key 248 217   request_key 249 218   userfaultfd 323 282   io_uring_setup 425 425
memfd_create 319 279   kexec_load 246 104   init_module 175 105   finit_module 313 273
delete_module 176 106   reboot 169 142   swapon 167 224   swapoff 168 225   sethostname 170 161
setdomainname 171 162   settimeofday 164 170   clock_settime 227 112   adjtimex 159 171   iopl 172 -
ioperm 173 -   modify_ldt 154 -   arch_prctl 158 -   personality 135 92   quotactl 179 60   acct 163 89
fanotify_init 300 262   inotify_init1 294 26   openat2 437 437   name_to_handle_at 303 264
open_by_handle_at 304 265   syslog 103 116   vhangup 153 58   lookup_dcookie 212 18   mbind 237 235
set_mempolicy 238 237   move_pages 279 239   migrate_pages 256 238   shmget 29 194   msgget 68 186
semget 64 190   mq_open 240 180   timerfd_create 283 85   eventfd2 290 19   signalfd4 289 74
memfd_secret 447 447   pkey_alloc 330 289   setpriority 141 140   sched_setscheduler 144 119
ioprio_set 251 30   splice 275 76   vmsplice 278 75   tee 276 77   fchmodat2 452 452
"""

_WORDS = _TABLE.split()
NUMBERS: dict[str, tuple[str, str]] = {
    name: (first, second) for name, first, second in zip(*(iter(_WORDS),) * 3, strict=True)
}

# What the kernel calls the processor when it asks a filter (linux/audit.h).
AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# From here on the numbers belong to calls newer than this table.
FIRST_UNKNOWN = 453


def machine() -> str:
    """Name this processor: "x86_64", "aarch64", or whatever else it calls itself."""
    name = platform.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)


def number(name: str, processor: str | None = None) -> int | None:
    """Give the number of the call `name`, or None where this processor has none."""
    column = {"x86_64": 0, "aarch64": 1}.get(processor or machine())
    if column is None or name not in NUMBERS:
        return None
    text = NUMBERS[name][column]
    return None if text == "-" else int(text)
