// The contract of interop.wsdl, and the bindings of service and client: one for
// each message version, security None.
//   basic   basicHttpBinding        SOAP 1.1, no addressing
//   soap12  customBinding           SOAP 1.2, no addressing
//   addr11  customBinding           SOAP 1.1, WS-Addressing 1.0
//   ws      wsHttpBinding           SOAP 1.2, WS-Addressing 1.0
//   aug11   customBinding           SOAP 1.1, WS-Addressing, August 2004
//   aug12   customBinding           SOAP 1.2, WS-Addressing, August 2004
using System;
using System.Runtime.Serialization;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.Text;
using System.Xml;

static class Names
{
    public const string Space = "http://viaduct.example/interop";
}

[DataContract(Name = "FailDetail", Namespace = Names.Space)]
public class FailDetail
{
    [DataMember(Order = 0)]
    public string reason;

    [DataMember(Order = 1)]
    public int number;
}

[ServiceContract(Name = "ISample", Namespace = Names.Space)]
public interface ISample
{
    [OperationContract(Action = Names.Space + "/Echo", ReplyAction = Names.Space + "/EchoResponse")]
    [return: MessageParameter(Name = "result")]
    string Echo(string text);

    [OperationContract(Action = Names.Space + "/Add", ReplyAction = Names.Space + "/AddResponse")]
    [return: MessageParameter(Name = "result")]
    double Add(double a, double b);

    [OperationContract(Action = Names.Space + "/Fail", ReplyAction = Names.Space + "/FailResponse")]
    [FaultContract(typeof(FailDetail), Action = Names.Space + "/FailDetail", Name = "FailDetail", Namespace = Names.Space)]
    [return: MessageParameter(Name = "result")]
    string Fail(string reason);

    [OperationContract(Action = Names.Space + "/Notify", IsOneWay = true)]
    void Notify(string key);

    [OperationContract(Action = Names.Space + "/Blob", ReplyAction = Names.Space + "/BlobResponse")]
    [return: MessageParameter(Name = "result")]
    string Blob(string data);

    // Count tells how often a key was seen: the argument of Echo, Fail and
    // Notify, and "id:" with the MessageID of whatever came with one.
    [OperationContract(Action = Names.Space + "/Count", ReplyAction = Names.Space + "/CountResponse")]
    [return: MessageParameter(Name = "result")]
    int Count(string key);
}

static class Bindings
{
    const int Room = 64 << 20; // octets of one message

    public static readonly string[] All = { "basic", "soap12", "addr11", "ws", "aug11", "aug12" };

    public static Binding For(string name)
    {
        switch (name) {
        case "basic":
            return Basic();
        case "soap12":
            return Custom(MessageVersion.Soap12);
        case "addr11":
            return Custom(MessageVersion.Soap11WSAddressing10);
        case "ws":
            return WS();
        case "aug11":
            return Custom(MessageVersion.Soap11WSAddressingAugust2004);
        case "aug12":
            return Custom(MessageVersion.Soap12WSAddressingAugust2004);
        }
        throw new ArgumentException("no binding " + name);
    }

    static Binding Basic()
    {
        return new BasicHttpBinding(BasicHttpSecurityMode.None)
        {
            MaxReceivedMessageSize = Room,
            MaxBufferSize = Room,
            ReaderQuotas = XmlDictionaryReaderQuotas.Max,
            UseDefaultWebProxy = false,
        };
    }

    static Binding WS()
    {
        return new WSHttpBinding(SecurityMode.None)
        {
            MaxReceivedMessageSize = Room,
            ReaderQuotas = XmlDictionaryReaderQuotas.Max,
            UseDefaultWebProxy = false,
        };
    }

    static Binding Custom(MessageVersion version)
    {
        var text = new TextMessageEncodingBindingElement(version, new UTF8Encoding(false));
        XmlDictionaryReaderQuotas.Max.CopyTo(text.ReaderQuotas);
        var http = new HttpTransportBindingElement { MaxReceivedMessageSize = Room, MaxBufferSize = Room, UseDefaultWebProxy = false };
        return new CustomBinding(text, http);
    }
}
