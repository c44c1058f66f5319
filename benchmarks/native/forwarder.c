/* The least that a chat on ZeroMQ can do: what comes to the ROUTER goes out on the PUB, nothing else.
 *
 *     forwarder PORT      commands on PORT, topics on PORT + 1
 *
 * The few declarations stand in for zmq.h: it is linked with the very libzmq that the broker uses, from pyzmq's wheel.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

extern void *zmq_ctx_new(void);
extern void *zmq_socket(void *context, int type);
extern int zmq_setsockopt(void *socket, int option, const void *value, size_t size);
extern int zmq_bind(void *socket, const char *endpoint);
extern int zmq_recv(void *socket, void *buffer, size_t size, int flags);
extern int zmq_send(void *socket, const void *buffer, size_t size, int flags);

enum { PUB = 1, ROUTER = 6, SNDHWM = 23, RCVHWM = 24, BACKLOG = 19 };

static void *bound(void *context, int type, int port) {
    char endpoint[64];
    int unlimited = 0, backlog = 4096;
    void *socket = zmq_socket(context, type);
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port);
    zmq_setsockopt(socket, SNDHWM, &unlimited, sizeof unlimited);
    zmq_setsockopt(socket, RCVHWM, &unlimited, sizeof unlimited);
    zmq_setsockopt(socket, BACKLOG, &backlog, sizeof backlog);
    if (zmq_bind(socket, endpoint) != 0) exit(1);
    return socket;
}

int main(int argc, char **argv) {
    static char buffer[1 << 16];
    int port = argc > 1 ? atoi(argv[1]) : 5555;
    void *context = zmq_ctx_new(), *commands = bound(context, ROUTER, port), *topics = bound(context, PUB, port + 1);
    for (;;) {
        zmq_recv(commands, buffer, sizeof buffer, 0);
        int size = zmq_recv(commands, buffer, sizeof buffer, 0);
        if (size >= 0) zmq_send(topics, buffer, size, 0);
    }
}
