/* Counts what arrives on sockets that its parent has connected and greeted: cheaper than any server that feeds it.
 *
 *     readers SHARED MODE RECORDS FD...
 *
 * MODE marks: a reader's count is the number of MARK bytes since the first START byte.
 * MODE frames: ZMTP frames that zchat sealed (docs/protocol.md, section 4); a reader's count is the counter of the last
 * one, and a counter that is not one higher than the last is a gap.
 *
 * SHARED is a mapped file of 64-bit words, see `Word` and benchmarks/readers.py. With RECORDS (a path, or -) each
 * progress is noted with its time and written there at the end. It ends when its stdin does.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { MARK = '|', START = '^' };
enum Word { LEAST, GAPS, CLOSED, ARMED, BYTES, COUNTS = 8 };
enum { BUFFER = 1 << 20, EVENTS = 256, HEAD = 9, KEPT = 128, COMMAND = 4, LONG = 2 };

struct reader {
    int fd, armed, is_command;
    unsigned have;             /* bytes of the frame's head and beginning in `kept` */
    uint64_t body, seen;       /* its length, and how much of it has passed */
    unsigned head_bytes;       /* 0 while the head is incomplete */
    uint64_t number;
    unsigned char head[HEAD], kept[KEPT];
};
struct record { uint64_t reader, at_ns, count; };

static uint64_t *shared;
static struct reader *readers;
static struct record *records;
static size_t record_count, record_room;
static int recording;
static unsigned char buffer[BUFFER];

static uint64_t big_endian(const unsigned char *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | bytes[i];
    return value;
}

static void arm(struct reader *r) {
    r->armed = 1;
    shared[ARMED]++;
}

static void take_marks(struct reader *r, uint64_t *count, const unsigned char *data, size_t size) {
    if (!r->armed) {
        const unsigned char *start = memchr(data, START, size);
        if (start == NULL) return;
        arm(r);
        size -= start - data;
        data = start;
    }
    uint64_t marks = 0;
    for (size_t i = 0; i < size; i++) marks += data[i] == MARK;
    *count += marks;
}

static void end_frame(struct reader *r, uint64_t *count) {
    unsigned kept = r->body < KEPT ? r->body : KEPT;
    const unsigned char *nul = memchr(r->kept, 0, kept);
    if (!r->is_command && nul != NULL && nul + 17 <= r->kept + kept) {
        uint64_t number = big_endian(nul + 1), counter = big_endian(nul + 9);
        if (!r->armed) arm(r);
        else if (number != r->number || counter != *count + 1) shared[GAPS]++;
        r->number = number;
        *count = counter;
    }
    r->have = r->head_bytes = 0;
    r->seen = 0;
}

static size_t take_head(struct reader *r, const unsigned char *data, size_t size) {
    size_t used = 0;
    while (used < size && r->head_bytes == 0) {
        r->head[r->have++] = data[used++];
        unsigned wanted = r->head[0] & LONG ? 9 : 2;
        if (r->have < wanted) continue;
        r->is_command = r->head[0] & COMMAND;
        r->body = wanted == 9 ? big_endian(r->head + 1) : r->head[1];
        r->head_bytes = wanted;
    }
    return used;
}

static void take_frames(struct reader *r, uint64_t *count, const unsigned char *data, size_t size) {
    while (size > 0) {
        size_t used = take_head(r, data, size);
        data += used, size -= used;
        if (r->head_bytes == 0) return;
        size_t part = r->body - r->seen < size ? r->body - r->seen : size;
        if (r->seen < KEPT) memcpy(r->kept + r->seen, data, part < KEPT - r->seen ? part : KEPT - r->seen);
        r->seen += part, data += part, size -= part;
        if (r->seen == r->body) end_frame(r, count);
    }
}

static void note(size_t index, uint64_t count) {
    if (record_count == record_room) {
        record_room = record_room ? record_room * 2 : 1 << 16;
        records = realloc(records, record_room * sizeof *records);
        if (records == NULL) abort();
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    records[record_count++] = (struct record){index, now.tv_sec * 1000000000ull + now.tv_nsec, count};
}

static void take(size_t index, int in_frames) {
    struct reader *r = &readers[index];
    uint64_t *count = &shared[COUNTS + index], before = *count;
    ssize_t size = read(r->fd, buffer, BUFFER);
    if (size <= 0) {
        shared[CLOSED]++;
        close(r->fd);
        return;
    }
    shared[BYTES] += size;
    if (in_frames) take_frames(r, count, buffer, size);
    else take_marks(r, count, buffer, size);
    if (recording && *count != before) note(index, *count);
}

static void publish_least(size_t n) {
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < n; i++) least = shared[COUNTS + i] < least ? shared[COUNTS + i] : least;
    shared[LEAST] = least;
}

int main(int argc, char **argv) {
    size_t n = argc - 4;
    int file = open(argv[1], O_RDWR), in_frames = argv[2][0] == 'f';
    recording = argv[3][0] != '-';
    shared = mmap(NULL, (COUNTS + n) * 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    readers = calloc(n, sizeof *readers);
    if (shared == MAP_FAILED || readers == NULL) return 1;
    int epoll = epoll_create1(0);
    for (size_t i = 0; i < n; i++) {
        readers[i].fd = atoi(argv[4 + i]);
        struct epoll_event wish = {.events = EPOLLIN, .data.u64 = i};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, readers[i].fd, &wish) != 0) return 1;
    }
    struct epoll_event end = {.events = EPOLLIN, .data.u64 = n}, events[EVENTS];
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &end) != 0) return 1;
    for (int ended = 0; !ended;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.u64 == n) ended = 1;
            else take(events[i].data.u64, in_frames);
        }
        publish_least(n);
    }
    if (!recording) return 0;
    FILE *out = fopen(argv[3], "wb");
    return out == NULL || fwrite(records, sizeof *records, record_count, out) != record_count || fclose(out) != 0;
}
