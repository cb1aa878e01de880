package configs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
)

// Rules that need more than one attribute (spec wcf-config 4.3 to 4.9, 5.1, 6).
// The mark ^ stands before the place that the error names; an empty code with a
// text asks for the text.
func TestChecks(t *testing.T) {
	t.Parallel()
	bind := func(kind, attrs, inside string) string {
		return `<client><endpoint name="d" address="http://d/" binding="` + kind + `" bindingConfiguration="b" contract="*"/></client>
<bindings><` + kind + `><binding name="b" ` + attrs + `>` + inside + `</binding></` + kind + `></bindings>`
	}
	custom := func(inside string) string { return bind("customBinding", "", inside) }
	service := func(inside string) string {
		return `<behaviors><serviceBehaviors><behavior name="x">` + inside + `</behavior></serviceBehaviors></behaviors>`
	}
	hosting := func(inside string) string {
		return `<serviceHostingEnvironment>` + inside + `</serviceHostingEnvironment>`
	}
	activation := func(attrs string) string {
		return hosting(`<serviceActivations><add ` + attrs + `/></serviceActivations>`)
	}
	token := func(inside string) string {
		return `<behaviors><endpointBehaviors><behavior name="x"><transportClientEndpointBehavior><tokenProvider>` + inside +
			`</tokenProvider></transportClientEndpointBehavior></behavior></endpointBehaviors></behaviors>`
	}
	sas := `<sharedAccessSignature keyName="k" key="v"/>`
	for _, c := range []struct{ name, file, code string }{
		{"buffer rule", bind("basicHttpBinding", `maxReceivedMessageSize="100" ^maxBufferSize="99"`, ""), "MaxBufferSizeMustMatchMaxReceivedMessageSize"},
		{"buffer rule of net.tcp", bind("netTcpBinding", `maxReceivedMessageSize="100" ^maxBufferSize="99"`, ""), "MaxBufferSizeMustMatchMaxReceivedMessageSize"},
		{"buffered fits an int", bind("basicHttpBinding", `^maxReceivedMessageSize="2147483648"`, ""), "MaxReceivedMessageSizeMustBeInIntegerRange"},
		{"buffered by nature", bind("wsHttpBinding", `^maxReceivedMessageSize="2147483648"`, ""), "MaxReceivedMessageSizeMustBeInIntegerRange"},
		{"streamed", bind("basicHttpBinding", `transferMode="Streamed" maxReceivedMessageSize="100" ^maxBufferSize="101"`, ""), "MaxBufferSizeMustNotExceedMaxReceivedMessageSize"},
		{"streamed smaller", bind("basicHttpBinding", `transferMode="Streamed" maxReceivedMessageSize="100" maxBufferSize="99"`, ""), "none"},
		{"size alone", bind("basicHttpBinding", `maxReceivedMessageSize="100"`, ""), "none"},
		{"two proxies", bind("basicHttpBinding", `^proxyAddress="http://p/"`, ""), "UseDefaultWebProxyCantBeUsedWithExplicitProxyAddress"},
		{"one proxy", bind("basicHttpBinding", `useDefaultWebProxy="false" proxyAddress="http://p/"`, ""), "none"},
		{"Message with UserName", bind("basicHttpBinding", "", `<security mode="Message"><message ^clientCredentialType="UserName"/></security>`), "BasicHttpMessageSecurityRequiresCertificate"},
		{"Message with UserName by default", bind("basicHttpBinding", "", `^<security mode="Message"/>`), "BasicHttpMessageSecurityRequiresCertificate"},
		{"reliable over TLS", bind("wsHttpBinding", "", `<reliableSession ^enabled="true"/><security mode="Transport"><transport clientCredentialType="None"/></security>`), "WSHttpDoesNotSupportRMWithHttps"},
		{"no transferMode in WS", bind("wsHttpBinding", `^transferMode="Streamed"`, ""), "Config_base_unrecognized_attribute"},
		{"no maxBufferSize in WS", bind("ws2007HttpBinding", `^maxBufferSize="1"`, ""), "Config_base_unrecognized_attribute"},
		{"no messageVersion in binary", custom(`<binaryMessageEncoding ^messageVersion="Soap11"/><httpTransport/>`), "Config_base_unrecognized_attribute"},
		{"same element twice", custom(`<textMessageEncoding/>^<textMessageEncoding/><httpTransport/>`), "ConfigDuplicateItem"},
		{"two encodings", custom(`<textMessageEncoding/>^<binaryMessageEncoding/><httpTransport/>`), "ConfigMessageEncodingAlreadyInBinding"},
		{"two upgrades", custom(`<sslStreamSecurity/>^<windowsStreamSecurity/><tcpTransport/>`), "ConfigStreamUpgradeElementAlreadyInBinding"},
		{"two transports", custom(`<httpTransport/>^<httpsTransport/>`), "ConfigTransportAlreadyInBinding"},
		{"unknown element", custom(`^<textEncoding/><httpTransport/>`), "ConfigInvalidExtensionElementName"},
		{"order", custom(`<security authenticationMode="SecureConversation"/>^<reliableSession/><httpTransport/>`), "custom-binding-order"},
		{"credentials in clear", custom(`<security ^authenticationMode="UserNameOverTransport"/><httpTransport/>`), "binding-not-served"},
		{"credentials in clear, allowed", custom(`<security authenticationMode="UserNameOverTransport" ^allowInsecureTransport="true"/><httpTransport/>`), "insecure-setting"},
		{"unknown binding kind", `<bindings>^<httpBinding/></bindings>`, "ConfigBindingExtensionNotFound"},
		{"unknown standard endpoint", `<standardEndpoints>^<mexEndpoints/></standardEndpoints>`, "ConfigEndpointExtensionNotFound"},
		{"httpGetUrl", service(`<serviceMetadata ^httpGetUrl="https://h/x"/>`), "SFxServiceMetadataBehaviorUrlMustBeHttpOrRelative"},
		{"httpsGetUrl", service(`<serviceMetadata ^httpsGetUrl="http://h/x"/>`), "SFxServiceMetadataBehaviorUrlMustBeHttpOrRelative"},
		{"httpGetUrl relative", service(`<serviceMetadata httpGetUrl="meta"/>`), "none"},
		{"externalMetadataLocation", service(`<serviceMetadata ^externalMetadataLocation="ftp://h/x"/>`), "SFxServiceMetadataBehaviorUrlMustBeHttpOrRelative"},
		{"throttle of zero", service(`<serviceThrottling ^maxConcurrentCalls="0"/>`), "SFxThrottleLimitMustBeGreaterThanZero0"},
		{"endpoint behaviour of a service", service(`^<clientVia viaUri="http://h/"/>`), "ConfigInvalidServiceBehaviorType"},
		{"behaviour twice", service(`<serviceDebug/>^<serviceDebug/>`), "ConfigDuplicateItem"},
		{"two tokens", token(sas + `^<windowsAuthentication/>`), "token-provider"},
		{"no token", `<behaviors><endpointBehaviors><behavior name="x"><transportClientEndpointBehavior>^<tokenProvider/></transportClientEndpointBehavior></behavior></endpointBehaviors></behaviors>`, "token-provider"},
		{"one token", token(sas), "none"},
		{"two prefixes", hosting(`<baseAddressPrefixFilters><add prefix="http://a"/><add ^prefix="HTTP://b"/></baseAddressPrefixFilters>`), "BaseAddressDuplicateScheme"},
		{"relative prefix", hosting(`<baseAddressPrefixFilters><add ^prefix="a"/></baseAddressPrefixFilters>`), "Config_base_value_invalid"},
		{"rooted activation", activation(`^relativeAddress="/a.svc" service="S"`), "Hosting_NoAbsoluteRelativeAddress"},
		{"short activation", activation(`^relativeAddress="a" service="S"`), "Hosting_RelativeAddressFormatError"},
		{"no extension", activation(`^relativeAddress="orders" service="S"`), "Hosting_NoValidExtensionFoundForRegistedFilelessService"},
		{"other extension", activation(`^relativeAddress="orders.asmx" service="S"`), "Hosting_RelativeAddressExtensionNotSupportError"},
		{"neither service nor factory", hosting(`<serviceActivations>^<add relativeAddress="a.svc"/></serviceActivations>`), "Hosting_NoServiceAndFactorySpecifiedForFilelessService"},
		{"activation twice", hosting(`<serviceActivations><add relativeAddress="~/d/A.svc" service="S"/><add ^relativeAddress="d/a.svc" service="S"/></serviceActivations>`), "Hosting_RelativeAddressHasBeenAdded"},
		{"prefix twice", `<routing><namespaceTable><add prefix="a" namespace="u"/>^<add prefix="a" namespace="v"/></namespaceTable></routing>`, "Config_base_collection_entry_already_exists"},
		{"scheme twice", `<protocolMapping><add scheme="https" binding="basicHttpsBinding"/>^<add scheme="https" binding="wsHttpBinding"/></protocolMapping>`, "ConfigDuplicateKeyAtSameScope"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := `<configuration><system.serviceModel>` + "\n" + c.file + `</system.serviceModel></configuration>`
			line, column := place(text)
			f, err := configs.Parse("w", []byte(strings.Replace(text, "^", "", 1)))
			var got []string
			if err != nil {
				var errs configs.Errors
				require.ErrorAs(t, err, &errs)
				for _, x := range errs {
					if x.Pos.Line == line && x.Pos.Column == column {
						got = append(got, x.Code)
					}
				}
			} else {
				for _, ep := range f.Client {
					endpoint(ep)
				}
				for _, x := range f.Findings() {
					if x.Pos.Line == line && x.Pos.Column == column {
						got = append(got, x.Code)
					}
				}
			}
			if c.code == "none" {
				require.NoError(t, err)
				require.NoError(t, errors.Join(nil, f.Err()))
				return
			}
			assert.Contains(t, got, c.code, "%v", err)
		})
	}
}

// place is the line and column of the mark.
func place(text string) (line, column int) {
	before, _, marked := strings.Cut(text, "^")
	if !marked {
		return 0, 0
	}
	return strings.Count(before, "\n") + 1, len(before) - strings.LastIndexByte(before, '\n')
}
