package configs_test

import (
	"fmt"

	"github.com/viaduct-soap/viaduct/configs"
)

func ExampleParse() {
	_, err := configs.Parse("web.config", []byte(`<configuration>
  <system.serviceModel>
    <routing>
      <filters>
        <filter name="orders" filterType="Prefix" filterData="http://localhost/orders"/>
      </filters>
    </routing>
    <bindings><wsHttpBinding><binding><sekurity mode="Transport"/></binding></wsHttpBinding></bindings>
  </system.serviceModel>
</configuration>`))
	fmt.Println(err)
	// Output:
	// web.config:5:31: filter "orders": unknown filterType "Prefix"; use one of Action, EndpointAddress, PrefixEndpointAddress, And, Custom, EndpointName, MatchAll, XPath
	// web.config:8:39: unnamed binding: unknown element sekurity; did you mean security?
}

// A setting is honoured because somebody called Get.
func ExampleFile_Findings() {
	f, err := configs.LoadFile("samples/router-basic.config")
	if err != nil {
		fmt.Println(err)
		return
	}
	router := f.Services[0]
	for _, base := range router.BaseAddresses {
		fmt.Println("listen at", base.Address.Get())
	}
	for _, x := range f.Findings() {
		if x.Pos == router.BaseAddresses[0].Address.Pos() {
			fmt.Println(x.Pos, x.Effect)
		}
	}
	// Output:
	// listen at http://localhost:8000/router
	// samples/router-basic.config:21:18 honoured
}
