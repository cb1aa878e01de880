package endpoint_test

import (
	"fmt"

	"github.com/viaduct-soap/viaduct/endpoint"
)

func ExampleRouterContract() {
	c, ok := endpoint.RouterContract("System.ServiceModel.Routing.IRequestReplyRouter")
	fmt.Println(ok, c.Shape())
	f, priority := c.Filter()
	fmt.Println(f, priority)
	// Output:
	// true request-reply
	// MatchAll 0
}
