package uritable_test

import (
	"fmt"

	"github.com/viaduct-soap/viaduct/internal/uritable"
)

func ExampleTable_Search() {
	table := uritable.NewTable[string](uritable.Options{Port: true})
	for _, s := range []string{"http://any:8000/orders", "http://any:8000/orders/archive"} {
		u, err := uritable.Parse(s)
		if err == nil {
			err = table.Add(u, uritable.StrongWildcard, s, "example")
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	via, _ := uritable.Parse("http://edge.example:8000/Orders/Archive/2024?x=1")
	fmt.Println(table.Search(via).Value)
	// Output: http://any:8000/orders/archive
}

func ExampleResolve() {
	base, _ := uritable.Parse("http://h/service.svc")
	u, _ := uritable.Resolve(base, "/mex")
	fmt.Println(u)
	// Output: http://h/service.svc/mex
}
