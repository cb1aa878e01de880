package addressing

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/soap"
)

const newID = "urn:uuid:new"

func madeID() MessageID { return newID }

func TestOutbound_Apply(t *testing.T) {
	t.Parallel()
	const anonymousReply = `<a:ReplyTo><a:Address>` + anonymous10 + `</a:Address></a:ReplyTo>`
	cases := []struct {
		name, in, headers, out string
		oneWay                 bool
		want                   string
	}{
		{
			"same version: To replaced, ReplyTo anonymous, From and FaultTo gone", "Soap12WSAddressing10",
			`<a:Action>urn:a</a:Action><a:MessageID>m1</a:MessageID><a:From><a:Address>http://x/</a:Address></a:From>` +
				`<a:ReplyTo><a:Address>http://c/cb</a:Address></a:ReplyTo><a:FaultTo><a:Address>http://f/</a:Address></a:FaultTo>` +
				`<a:To>http://edge/</a:To><t:X>1</t:X>`, "Soap12WSAddressing10", false,
			"Action=urn:a MessageID=m1 ReplyTo=... To=http://back/o X=1 Key=7(marked)",
		},
		{
			"same version: everything made that is absent", "Soap12WSAddressing10", `<a:Action>urn:a</a:Action>`,
			"Soap12WSAddressing10", false, "Action=urn:a ReplyTo=... MessageID=urn:uuid:new To=http://back/o Key=7(marked)",
		},
		{
			"same version, one-way", "Soap12WSAddressing10", `<a:Action>urn:a</a:Action>` + anonymousReply,
			"Soap12WSAddressing10", true, "Action=urn:a To=http://back/o Key=7(marked)",
		},
		{
			"RT-01: none to 1.0", "Soap11", ``, "Soap12WSAddressing10", false,
			"Action=urn:claim MessageID=urn:uuid:new ReplyTo=... To=http://back/o Key=7(marked)",
		},
		{"RT-03: 1.0 to none", "Soap12WSAddressing10", `<a:Action>urn:a</a:Action><a:MessageID>m1</a:MessageID><a:To>http://e/</a:To>` +
			anonymousReply + `<t:X>1</t:X>`, "Soap11", false, "X=1 Key=7"},
		{
			"RT-10: 1.0 to 2004/08", "Soap12WSAddressing10", `<a:Action>urn:a</a:Action><a:MessageID>m1</a:MessageID><a:To>http://e/</a:To>`,
			"Soap12WSAddressingAugust2004", false, "Action=urn:a MessageID=m1 ReplyTo=... To=http://back/o Key=7",
		},
		{"none to none", "Soap11", `<t:X>1</t:X>`, "Soap11", false, "X=1 Key=7"},
	}
	key, err := NewHeader([]byte(`<t:Key xmlns:t="urn:acme">7</t:Key>`), nil)
	require.NoError(t, err)
	address, err := New(uri(t, "http://back/o"), key)
	require.NoError(t, err)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := message(t, c.in, c.headers)
			base, err := Extract(env, nil)
			require.NoError(t, err)
			base.Adopt(uri(t, "http://edge/"), "urn:claim")
			v, err := soap.Parse(c.out)
			require.NoError(t, err)
			o, err := NewOutbound(address, v)
			require.NoError(t, err)
			d, err := soap.Bridge(env, v)
			require.NoError(t, err)
			defer d.Close()
			require.NoError(t, o.Apply(d, &base, Request{Reply: !c.oneWay, NewID: madeID}))
			_, out := written(t, d)
			assert.Equal(t, c.want, listHeaders(t, out))
			_, err = Extract(out, nil)
			assert.NoError(t, err, "what is written can be read")
		})
	}
}

// What says the same already is left alone, so that nothing signed is touched.
func TestOutbound_Apply_untouched(t *testing.T) {
	t.Parallel()
	env := message(t, "Soap12WSAddressing10", `<a:Action>urn:a</a:Action><a:MessageID>m</a:MessageID>`+
		`<a:ReplyTo><a:Address>`+anonymous10+`</a:Address></a:ReplyTo><a:To> http://back/o </a:To>`)
	base, err := Extract(env, nil)
	require.NoError(t, err)
	o, err := NewOutbound(&EndpointAddress{URI: uri(t, "http://back/o")}, env.Version)
	require.NoError(t, err)
	d := soap.NewDraft(env)
	defer d.Close()
	require.NoError(t, o.Apply(d, &base, Request{Reply: true, NewID: madeID}))
	assert.Empty(t, d.Touched())
}

func TestOutbound_Apply_twice(t *testing.T) {
	t.Parallel()
	env := message(t, "Soap12WSAddressing10", `<a:To>http://h/1</a:To><a:To>http://h/2</a:To>`)
	base, err := Extract(env, nil)
	require.NoError(t, err)
	for _, out := range []string{"Soap12WSAddressing10", "Soap12WSAddressingAugust2004"} {
		v, err := soap.Parse(out)
		require.NoError(t, err)
		o, err := NewOutbound(&EndpointAddress{URI: uri(t, "http://back/o")}, v)
		require.NoError(t, err)
		d := soap.NewDraft(env)
		var twice *CardinalityError
		require.ErrorAs(t, o.Apply(d, &base, Request{}), &twice)
		d.Close()
	}
}

func TestEndpointAddress_ApplyTo(t *testing.T) {
	t.Parallel()
	anonymous := &EndpointAddress{URI: anonymousURI}
	none := &EndpointAddress{URI: noneURI}
	plain := &EndpointAddress{URI: uri(t, "http://h/x")}
	for _, c := range []struct {
		name    string
		address *EndpointAddress
		version string
		headers string
		want    string
		err     error
	}{
		{"anonymous removes To", anonymous, "Soap12WSAddressing10", `<a:To>http://h/</a:To>`, "", nil},
		{"anonymous of 2004/08 is written", anonymous, "Soap12WSAddressingAugust2004", "", "To=" + anonymous200408, nil},
		{"anonymous without addressing", anonymous, "Soap11", "", "", ErrAnonymousAddress},
		{"none of 1.0", none, "Soap12WSAddressing10", "", "To=" + none10, nil},
		{"none of 2004/08", none, "Soap12WSAddressingAugust2004", "", "", ErrNoneAddress},
		{"To of another role stays", plain, "Soap12WSAddressing10", `<a:To s:role="urn:r">http://r/</a:To>`, "To=http://r/ To=http://h/x", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := message(t, c.version, c.headers)
			base, err := Extract(env, nil)
			require.NoError(t, err)
			d := soap.NewDraft(env)
			defer d.Close()
			require.ErrorIs(t, c.address.ApplyTo(d, &base, env.Version.Addressing), c.err)
			_, out := written(t, d)
			if c.err == nil {
				assert.Equal(t, c.want, listHeaders(t, out))
			}
		})
	}
}

func TestAddressReply_base(t *testing.T) {
	t.Parallel()
	const d10 = string(soapFault10)
	for _, c := range []struct {
		name, request, headers, base, answer string
		reply                                Reply
		want                                 string
	}{
		{
			"same version keeps RelatesTo of the back end", "Soap12WSAddressing10", `<a:Action>urn:a</a:Action><a:MessageID>m1</a:MessageID>`,
			"Soap12WSAddressing10", `<a:Action>urn:r</a:Action><a:RelatesTo>m1</a:RelatesTo><a:To>http://x/</a:To><a:MessageID>r1</a:MessageID>` +
				`<a:ReplyTo><a:Address>http://x/</a:Address></a:ReplyTo>`,
			Reply{},
			"Action=urn:r RelatesTo=m1 MessageID=r1",
		},
		{"RT-02: 1.0 to none", "Soap11", ``, "Soap12WSAddressing10", `<a:Action>urn:aResponse</a:Action><a:RelatesTo>m1</a:RelatesTo>`, Reply{}, ""},
		{
			"RT-04: none to 1.0", "Soap12WSAddressing10", `<a:Action>urn:a</a:Action><a:MessageID>m1</a:MessageID>`, "Soap11", ``,
			Reply{},
			"Action=urn:aResponse RelatesTo=m1",
		},
		{
			"RT-11: fault action of the version", "Soap12WSAddressingAugust2004", `<a:Action>urn:a</a:Action><a:MessageID>m1</a:MessageID>`,
			"Soap12WSAddressing10", `<a:Action>` + d10 + `</a:Action><a:RelatesTo>m1</a:RelatesTo>`,
			Reply{Fault: true},
			"Action=" + string(fault200408) + " RelatesTo=m1 To=" + anonymous200408,
		},
		{
			"2004/08 To is anonymous already", "Soap12WSAddressingAugust2004", ``, "Soap12WSAddressingAugust2004",
			`<a:To>` + anonymous200408 + `</a:To><a:Action>urn:r</a:Action>`,
			Reply{},
			"To=" + anonymous200408 + " Action=urn:r",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			requestEnv := message(t, c.request, c.headers)
			request, err := Extract(requestEnv, nil)
			require.NoError(t, err)
			request.Adopt(uri(t, "http://edge/"), "urn:claim")
			env := message(t, c.base, c.answer)
			base, err := Extract(env, nil)
			require.NoError(t, err)
			d, err := soap.Bridge(env, requestEnv.Version)
			require.NoError(t, err)
			defer d.Close()
			send, err := AddressReply(d, &base, &request, c.reply)
			require.NoError(t, err)
			require.True(t, send)
			_, out := written(t, d)
			assert.Equal(t, c.want, listHeaders(t, out))
		})
	}
}
