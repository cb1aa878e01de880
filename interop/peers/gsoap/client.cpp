// gSOAP as a client: reads one job from standard input, writes one result.
//
// Lines of fields, tabs between them, each field percent-encoded. The first line
// of a job is "1.1" or "1.2"; the others are calls: operation, repetitions,
// address, arguments. A result has one line per call: value, fault or error, how
// often it came out like the first time, then what there is of it:
// value: text | fault: code, subcode, string, reason, number | error: text.
#include "soapH.h"
#include "Sample.nsmap"
#include "addressing.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

typedef std::vector<std::string> Fields;

static std::string decode(const std::string &s)
{
    std::string out;
    for (size_t i = 0; i < s.size(); i++)
        if (s[i] == '%' && i + 2 < s.size()) {
            out += static_cast<char>(strtol(s.substr(i + 1, 2).c_str(), NULL, 16));
            i += 2;
        } else
            out += s[i];
    return out;
}

static std::string encode(const char *s)
{
    std::string out;
    char buf[4];
    for (; s && *s; s++)
        if (*s == '%' || static_cast<unsigned char>(*s) < ' ') {
            snprintf(buf, sizeof buf, "%%%02X", static_cast<unsigned char>(*s));
            out += buf;
        } else
            out += *s;
    return out;
}

static Fields split(const std::string &line)
{
    Fields all;
    for (size_t from = 0;;) {
        size_t tab = line.find('\t', from);
        all.push_back(decode(line.substr(from, tab == std::string::npos ? tab : tab - from)));
        if (tab == std::string::npos)
            return all;
        from = tab + 1;
    }
}

// send makes one call and leaves gSOAP's error in soap->error.
static std::string send(struct soap *soap, const Fields &f)
{
    const std::string &op = f[0], action = "http://viaduct.example/interop/" + op;
    const char *url = f[2].c_str();
    char *text = const_cast<char *>(f[3].c_str());
#ifdef ADDRESSING
    soap->header = NULL;
    soap_wsa_request(soap, soap_wsa_rand_uuid(soap), url, action.c_str());
    soap_wsa_add_ReplyTo(soap, soap_wsa_anonymousURI);
#endif
    if (op == "Echo") {
        struct i__EchoResponse out;
        soap_default_i__EchoResponse(soap, &out);
        soap_call_i__Echo(soap, url, action.c_str(), text, &out);
        return encode(out.result);
    }
    if (op == "Add") {
        struct i__AddResponse out;
        soap_default_i__AddResponse(soap, &out);
        soap_call_i__Add(soap, url, action.c_str(), atof(text), atof(f[4].c_str()), &out);
        char buf[32];
        snprintf(buf, sizeof buf, "%g", out.result);
        return buf;
    }
    if (op == "Fail") {
        struct i__FailResponse out;
        soap_default_i__FailResponse(soap, &out);
        soap_call_i__Fail(soap, url, action.c_str(), text, &out);
        return encode(out.result);
    }
    if (op == "Notify") {
        if (!soap_send_i__Notify(soap, url, action.c_str(), text))
            soap_recv_empty_response(soap);
        return "";
    }
    if (op == "Blob") {
        struct i__BlobResponse out;
        soap_default_i__BlobResponse(soap, &out);
        soap_call_i__Blob(soap, url, action.c_str(), text, &out);
        return encode(out.result);
    }
    fprintf(stderr, "no operation %s\n", op.c_str());
    exit(2);
}

// told is what a program of gSOAP's user would see of one call: the kind, then
// the rest.
static std::pair<std::string, std::string> told(struct soap *soap, const Fields &f)
{
    std::string value = send(soap, f);
    std::pair<std::string, std::string> out("value", value);
    if (soap->error == SOAP_FAULT || soap->fault) {
        const char **code = soap_faultcode(soap);
        const char *subcode = soap_fault_subcode(soap);
        const char *reason = soap_fault_string(soap);
        struct SOAP_ENV__Detail *detail = soap->fault->SOAP_ENV__Detail ? soap->fault->SOAP_ENV__Detail : soap->fault->detail;
        out.first = "fault";
        out.second = encode(code ? *code : "") + "\t" + encode(subcode) + "\t" + encode(reason) + "\t";
        if (detail && detail->i__FailDetail) {
            out.second += encode(detail->i__FailDetail->reason) + "\t" + std::to_string(detail->i__FailDetail->number);
        } else
            out.second += encode(detail ? detail->__any : "") + "\t0";
    } else if (soap->error) {
        char buf[512];
        soap_sprint_fault(soap, buf, sizeof buf);
        out.first = "error";
        out.second = encode(buf);
    }
    soap_destroy(soap);
    soap_end(soap);
    return out;
}

// speak makes gSOAP write, and take, one SOAP version. The first two rows of its
// table are envelope and encoding.
static void speak(bool soap12)
{
    namespaces[0].ns = soap12 ? "http://www.w3.org/2003/05/soap-envelope" : "http://schemas.xmlsoap.org/soap/envelope/";
    namespaces[1].ns = soap12 ? "http://www.w3.org/2003/05/soap-encoding" : "http://schemas.xmlsoap.org/soap/encoding/";
    namespaces[0].in = namespaces[1].in = NULL;
}

int main()
{
    std::string line;
    std::getline(std::cin, line);
    speak(line == "1.2");
    only_this_version(namespaces);
    struct soap *soap = soap_new1(SOAP_IO_KEEPALIVE | SOAP_C_UTFSTRING);
    addressed(soap);
    soap->connect_timeout = soap->send_timeout = soap->recv_timeout = 60;
    while (std::getline(std::cin, line)) {
        Fields f = split(line);
        std::pair<std::string, std::string> first = told(soap, f);
        int same = 1;
        for (int i = 1; i < atoi(f[1].c_str()); i++)
            same += told(soap, f) == first;
        std::cout << first.first << '\t' << same << '\t' << first.second << '\n';
    }
    soap_free(soap);
    return 0;
}
