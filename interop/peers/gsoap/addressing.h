// Compiled with -DADDRESSING, against sample10.h or sample2004.h, client and
// service use gSOAP's WS-Addressing plugin; without, these do nothing.
#ifdef ADDRESSING
#include "wsaapi.h"
#endif

// only_this_version takes the other WS-Addressing namespace out of gSOAP's
// table, which it accepts beside its own.
inline void only_this_version(struct Namespace *table)
{
    for (; table->id; table++)
        if (!strncmp(table->id, "wsa", 3))
            table->in = NULL;
}

inline void addressed(struct soap *soap)
{
#ifdef ADDRESSING
    soap_register_plugin(soap, soap_wsa);
#else
    (void)soap;
#endif
}
