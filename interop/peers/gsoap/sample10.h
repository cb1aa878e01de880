// The contract with headers of WS-Addressing 1.0.
#import "wsa5.h"
#import "sample.h"
