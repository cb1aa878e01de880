// The contract of interop.wsdl in the form that soapcpp2 reads.
//gsoap i service name: Sample
//gsoap i service namespace: http://viaduct.example/interop
//gsoap i schema namespace: http://viaduct.example/interop
//gsoap i schema elementForm: qualified
//gsoap i service style: document
//gsoap i service encoding: literal

typedef char *xsd__string;
typedef double xsd__double;
typedef int xsd__int;

struct i__FailDetail
{
    xsd__string reason 1;
    xsd__int number 1;
};
typedef struct i__FailDetail _i__FailDetail;

struct SOAP_ENV__Detail
{
    _i__FailDetail *i__FailDetail 0;
    int __type;
    void *fault;
    _XML __any;
};

struct i__EchoResponse
{
    xsd__string result 1;
};
struct i__AddResponse
{
    xsd__double result 1;
};
struct i__FailResponse
{
    xsd__string result 0;
};
struct i__BlobResponse
{
    xsd__string result 1;
};
struct i__CountResponse
{
    xsd__int result 1;
};

//gsoap i service method-action: Echo http://viaduct.example/interop/Echo
int i__Echo(xsd__string text 1, struct i__EchoResponse *out);

//gsoap i service method-action: Add http://viaduct.example/interop/Add
int i__Add(xsd__double a 1, xsd__double b 1, struct i__AddResponse *out);

//gsoap i service method-action: Fail http://viaduct.example/interop/Fail
//gsoap i service method-fault: Fail _i__FailDetail
int i__Fail(xsd__string reason 1, struct i__FailResponse *out);

//gsoap i service method-action: Notify http://viaduct.example/interop/Notify
int i__Notify(xsd__string key 1, void);

//gsoap i service method-action: Blob http://viaduct.example/interop/Blob
int i__Blob(xsd__string data 1, struct i__BlobResponse *out);

//gsoap i service method-action: Count http://viaduct.example/interop/Count
int i__Count(xsd__string key 1, struct i__CountResponse *out);
