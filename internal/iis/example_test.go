package iis_test

import (
	"fmt"

	"github.com/viaduct-soap/viaduct/internal/iis"
)

func ExampleHosting_Bases() {
	b, _ := iis.ParseText("http *:8080:shop.example", "machine")
	bases, _ := iis.Hosting{Bindings: []iis.Binding{b}, Application: "/app"}.Bases("Orders.svc")
	fmt.Println(bases[0])
	// Output: http://shop.example:8080/app/Orders.svc
}
