// The contract with headers of WS-Addressing, August 2004.
#import "wsa.h"
#import "sample.h"
