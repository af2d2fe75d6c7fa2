/*
 * Records what a scheduler module of the guests' kernel decides (Debian 12, Linux 6.1.192, x86-64). The module is linked into this program, which
 * stands in for ip_vs.ko and runs no kernel:
 *
 *   gcc -w -O1 -no-pie -fno-pie -fno-stack-protector -o rr record.c /lib/modules/6.1.0-56-cloud-amd64/kernel/net/netfilter/ipvs/ip_vs_rr.ko
 *   ./rr <rr.txt        prints the numbers after the equals signs of rr.txt, one scenario after the other
 *
 * A scenario is one command a line, up to an empty line:
 *   flags BITS                                      8: fallback, 16: port
 *   dest ADDRESS PORT WEIGHT ACTIVE INACTIVE        adds a destination as `ipvsadm -a` does: at the head of the list
 *   overload NUMBER                                 the destination, in the order of `dest`, has reached its upper threshold
 *   open CLIENT PORT VIP = NUMBER                   a connection, and the destination that it was sent to; -1: none
 *   close NUMBER                                    one active connection of the destination becomes inactive
 *   later SECONDS                                   time passes
 */
#include <arpa/inet.h>
#include <asm/prctl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef unsigned char u8;
struct list { struct list *next, *prev; };
struct scheduler {
	struct list n_list; const char *name; int refcnt; void *module;
	int (*init)(void *); void (*done)(void *); int (*add)(void *, void *); int (*del)(void *, void *); int (*upd)(void *, void *);
	void *(*schedule)(void *, const void *, void *);
};
static struct scheduler *module;
static u8 service[4096], ipvs[8192], skb[512], iph[128], gs[4096];
static struct list *dests[64];
static int count;
#define AT(type, base, offset) (*(type *)((u8 *)(base) + (offset)))

/* What the modules import. */
unsigned long jiffies = 100000;
void *kmalloc_caches[256];
int register_ip_vs_scheduler(struct scheduler *one) { module = one; return 0; }
int unregister_ip_vs_scheduler(struct scheduler *one) { return 0; }
void ip_vs_scheduler_err(void *svc, const char *message) {}
void __fentry__(void) {}
void *kmalloc_trace(void *cache, unsigned flags, size_t size) { return calloc(1, size); }
void *kmalloc_large(size_t size, unsigned flags) { return calloc(1, size); }
void *__kmalloc(size_t size, unsigned flags) { return calloc(1, size); }
void *bitmap_zalloc(unsigned bits, unsigned flags) { return calloc(1, bits / 8 + 64); }
void bitmap_free(void *map) { free(map); }
void kfree(void *memory) {}
void kvfree_call_rcu(void *head, void *memory) {}
void call_rcu(void *head, void *work) {}
void rcu_barrier(void) {}
void synchronize_rcu(void) {}
void _raw_spin_lock(void *lock) {}
void _raw_spin_lock_bh(void *lock) {}
void _raw_spin_unlock(void *lock) {}
void _raw_spin_unlock_bh(void *lock) {}
void refcount_warn_saturate(void *count, int type) {}
int __list_add_valid(void *a, void *b, void *c) { return 1; }
int __list_del_entry_valid(void *a) { return 1; }
void init_timer_key(void *timer, void *work, unsigned flags, const char *name, void *key) {}
int mod_timer(void *timer, unsigned long at) { return 0; }
int timer_delete_sync(void *timer) { return 0; }
int register_pernet_subsys(void *ops) { return 0; }
void unregister_pernet_subsys(void *ops) {}
void *register_net_sysctl(void *net, const char *path, void *table) { return 0; }
void unregister_net_sysctl_table(void *header) {}
void *kmemdup(const void *from, size_t size, unsigned flags) { return memcpy(malloc(size), from, size); }
int proc_dointvec_jiffies(void) { return 0; }
u8 init_net[8192], init_user_ns[4096];
unsigned long gcd(unsigned long a, unsigned long b) { while (b) { unsigned long c = a % b; a = b; b = c; } return a; }
__asm__(".globl __x86_return_thunk\n__x86_return_thunk: ret\n");

static uint16_t port_now;
int skb_copy_bits(const void *from, int offset, void *to, int length) { memcpy(to, &port_now, 2); return 0; }

/* lib/siphash.c on 64 bits: SipHash-1-3. */
static uint64_t rotl(uint64_t x, int n) { return x << n | x >> (64 - n); }
uint32_t __hsiphash_unaligned(const void *data, size_t length, const uint64_t *key) {
	uint64_t v[4] = { 0x736f6d6570736575ULL ^ key[0], 0x646f72616e646f6dULL ^ key[1], 0x6c7967656e657261ULL ^ key[0], 0x7465646279746573ULL ^ key[1] };
	uint64_t b = (uint64_t)length << 56 | *(const uint32_t *)data;
	v[3] ^= b;
	for (int round = 0; round < 4; round++) {
		if (round == 1) { v[0] ^= b; v[2] ^= 0xff; }
		v[0] += v[1]; v[1] = rotl(v[1], 13) ^ v[0]; v[0] = rotl(v[0], 32);
		v[2] += v[3]; v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3]; v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1]; v[1] = rotl(v[1], 17) ^ v[2]; v[2] = rotl(v[2], 32);
	}
	return (v[0] ^ v[1]) ^ (v[2] ^ v[3]);
}

extern int init_module(void);

/* A service without destinations, as `ipvsadm -A` makes it. */
static struct list *head = &AT(struct list, service, 0x58);
static void begin(void) {
	memset(service, 0, sizeof service);
	count = 0;
	head->next = head->prev = head;
	AT(void *, service, 0x50) = ipvs;
	AT(int, ipvs, 0x770) = 24 * 60 * 60 * 250; /* sysctl_lblcr_expiration, in jiffies */
	AT(uint16_t, service, 0x24) = 2; /* AF_INET */
	if (module->init) module->init(service);
}

int main(void) {
	syscall(SYS_arch_prctl, ARCH_SET_GS, gs);
	init_module();
	begin();
	char line[256], one[64], two[64];
	while (fgets(line, sizeof line, stdin)) {
		int port, weight, active, inactive, number;
		unsigned bits;
		if (sscanf(line, "dest %63s %d %d %d %d", one, &port, &weight, &active, &inactive) == 5) {
			u8 *dest = calloc(1, 1024);
			AT(uint16_t, dest, 0x20) = 2;
			AT(uint16_t, dest, 0x22) = htons(port);
			inet_pton(AF_INET, one, dest + 0x24);
			AT(int, dest, 0x3c) = AT(int, dest, 0x48) = weight;
			AT(int, dest, 0x40) = 1; /* IP_VS_DEST_F_AVAILABLE */
			AT(int, dest, 0x54) = 1;
			AT(int, dest, 0x170) = active;
			AT(int, dest, 0x174) = active + inactive; /* all connections */
			struct list *node = (struct list *)dest;
			node->next = head->next; node->prev = head; head->next->prev = node; head->next = node;
			dests[count++] = node;
			AT(uint32_t, service, 0x68) = count;
			if (module->add) module->add(service, dest);
		} else if (sscanf(line, "flags %u", &bits) == 1) {
			AT(uint32_t, service, 0x40) = bits;
		} else if (sscanf(line, "open %63s %d %63s", one, &port, two) == 3) {
			memset(iph, 0, sizeof iph);
			AT(uint16_t, iph, 14) = 6; /* TCP */
			inet_pton(AF_INET, one, iph + 0x14);
			inet_pton(AF_INET, two, iph + 0x24);
			port_now = htons(port);
			u8 *to = module->schedule(service, skb, iph);
			number = -1;
			for (int index = 0; index < count; index++) if ((u8 *)dests[index] == to) number = index;
			if (to) { AT(int, to, 0x170)++; AT(int, to, 0x174)++; }
			printf("%d\n", number);
		} else if (sscanf(line, "close %d", &number) == 1) {
			AT(int, dests[number], 0x170)--;
		} else if (sscanf(line, "later %d", &number) == 1) {
			jiffies += 250UL * number;
		} else if (sscanf(line, "overload %d", &number) == 1) {
			AT(int, dests[number], 0x34) = 2; /* IP_VS_DEST_F_OVERLOAD */
		} else if (*line == '\n') {
			begin();
		}
	}
	return 0;
}
