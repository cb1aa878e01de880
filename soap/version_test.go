package soap_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/soap"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, v := range []soap.Version{
		soap.Soap11, soap.Soap12, soap.Soap11WSAddressing10, soap.Soap12WSAddressing10,
		soap.Soap11WSAddressingAugust2004, soap.Soap12WSAddressingAugust2004, soap.None,
	} {
		got, err := soap.Parse(v.String())
		require.NoError(t, err)
		assert.Equal(t, v, got)
	}
	got, err := soap.Parse("Default")
	require.NoError(t, err)
	assert.Equal(t, soap.Version{}, got, "the zero value is WCF's default")

	_, err = soap.Parse("soap12")
	require.ErrorIs(t, err, soap.ErrUnknownVersion)
	assert.ErrorContains(t, err, "Soap11WSAddressing10", "the error lists what there is")
	assert.Equal(t, "Version(9,9)", soap.Version{Envelope: 9, Addressing: 9}.String())
}

func TestVersion_namespaces(t *testing.T) {
	t.Parallel()
	assert.Equal(t, soap.Namespace11, soap.SOAP11.Namespace())
	assert.Equal(t, soap.Namespace12, soap.SOAP12.Namespace())
	assert.Empty(t, soap.EnvelopeNone.Namespace())
	assert.Empty(t, soap.EnvelopeNone.NextRole())
	assert.Equal(t, soap.NamespaceAddressing10, soap.Addressing10.Namespace())
	assert.Equal(t, soap.NamespaceAddressing200408, soap.Addressing200408.Namespace())
	assert.Equal(t, soap.NamespaceAddressingNone, soap.AddressingNone.Namespace())
}
