// The sample service on gSOAP's own HTTP server:
//
//   service PORT
//
// Each path speaks one SOAP version, and the addressing that this was compiled
// for (addressing.h): /basic and /soap12, /addr11 and /ws, /aug11 and /aug12.
// Prints "ready" when it listens and runs until its standard input ends.
#include "soapH.h"
#include "Sample.nsmap"
#include "addressing.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>

static std::mutex mutex; // guards seen
static std::map<std::string, int> seen;

static void note(const char *key)
{
    std::lock_guard<std::mutex> held(mutex);
    seen[key ? key : ""]++;
}

// begin refuses a message of the other version.
static int begin(struct soap *soap)
{
    const std::string path = soap->path;
    const bool soap12 = path == "/soap12" || path == "/ws" || path == "/aug12";
    if (soap->version != (soap12 ? 2 : 1))
        return soap_receiver_fault(soap, "this path speaks the other SOAP version", NULL);
#ifdef ADDRESSING
    if (soap_wsa_check(soap))
        return soap->error;
    if (!soap->header->SOAP_WSA(To))
        return soap_receiver_fault(soap, "To must be there", NULL);
#endif
    return SOAP_OK;
}

// reply addresses an answer.
static int reply(struct soap *soap, const char *operation)
{
#ifdef ADDRESSING
    return soap_wsa_reply(soap, NULL, (std::string("http://viaduct.example/interop/") + operation + "Response").c_str());
#else
    (void)operation;
    (void)soap;
    return SOAP_OK;
#endif
}

int i__Echo(struct soap *soap, char *text, struct i__EchoResponse *out)
{
    if (begin(soap))
        return soap->error;
    note(text);
    out->result = text;
    return reply(soap, "Echo");
}

int i__Add(struct soap *soap, double a, double b, struct i__AddResponse *out)
{
    if (begin(soap))
        return soap->error;
    out->result = a + b;
    return reply(soap, "Add");
}

int i__Fail(struct soap *soap, char *reason, struct i__FailResponse *)
{
    if (begin(soap))
        return soap->error;
    note(reason);
    const char *text = soap_strdup(soap, (std::string("refused: ") + reason).c_str());
#ifdef ADDRESSING
    soap_wsa_sender_fault(soap, text, NULL);
#else
    soap_sender_fault(soap, text, NULL);
#endif
    struct SOAP_ENV__Detail *detail = soap_new_SOAP_ENV__Detail(soap);
    soap_default_SOAP_ENV__Detail(soap, detail);
    detail->i__FailDetail = soap_new_i__FailDetail(soap);
    detail->i__FailDetail->reason = reason;
    detail->i__FailDetail->number = 42;
    (soap->version == 2 ? soap->fault->SOAP_ENV__Detail : soap->fault->detail) = detail;
    return SOAP_FAULT;
}

int i__Notify(struct soap *soap, char *key)
{
    if (begin(soap))
        return soap->error;
    note(key);
    return soap_send_empty_response(soap, 202);
}

int i__Blob(struct soap *soap, char *data, struct i__BlobResponse *out)
{
    if (begin(soap))
        return soap->error;
    out->result = data;
    return reply(soap, "Blob");
}

int i__Count(struct soap *soap, char *key, struct i__CountResponse *out)
{
    // Asked by the test without addressing headers; begin is left out.
    std::lock_guard<std::mutex> held(mutex);
    out->result = seen[key ? key : ""];
    (void)soap;
    return SOAP_OK;
}

#ifdef ADDRESSING
// The plugin's header files make faults an operation; nobody sends one here.
int SOAP_ENV__Fault(struct soap *soap, char *, char *, char *, struct SOAP_ENV__Detail *, struct SOAP_ENV__Code *,
    struct SOAP_ENV__Reason *, char *, char *, struct SOAP_ENV__Detail *)
{
    return soap_send_empty_response(soap, 202);
}
#endif

static void serve(struct soap *soap)
{
    soap_serve(soap);
    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: service PORT\n");
        return 2;
    }
    only_this_version(namespaces);
    struct soap *soap = soap_new1(SOAP_IO_KEEPALIVE | SOAP_C_UTFSTRING);
    addressed(soap);
    soap->bind_flags = SO_REUSEADDR;
    soap->recv_timeout = soap->send_timeout = 60;
    if (!soap_valid_socket(soap_bind(soap, "127.0.0.1", atoi(argv[1]), 100))) {
        soap_print_fault(soap, stderr);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    std::thread([] {
        char c;
        while (read(0, &c, 1) > 0)
            ;
        _exit(0);
    }).detach();
    while (soap_valid_socket(soap_accept(soap)))
        std::thread(serve, soap_copy(soap)).detach();
    return 1;
}
