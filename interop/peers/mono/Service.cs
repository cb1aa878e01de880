// The sample service of the interop tests on Mono's WCF: the contract of
// interop.wsdl over HTTP, once per message version, security None.
//
//   mono Service.exe PORT
//
// prints "ready" when all endpoints listen and runs until its standard input
// ends. Endpoints under http://127.0.0.1:PORT/
//   basic   basicHttpBinding        SOAP 1.1, no addressing
//   soap12  customBinding           SOAP 1.2, no addressing
//   addr11  customBinding           SOAP 1.1, WS-Addressing 1.0
//   ws      wsHttpBinding           SOAP 1.2, WS-Addressing 1.0
using System;
using System.Collections.Generic;
using System.Runtime.Serialization;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.ServiceModel.Description;
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

[ServiceBehavior(InstanceContextMode = InstanceContextMode.Single, ConcurrencyMode = ConcurrencyMode.Multiple,
    AddressFilterMode = AddressFilterMode.Exact)]
public class Sample : ISample
{
    readonly Dictionary<string, int> seen = new Dictionary<string, int>();

    void Note(string key)
    {
        UniqueId id = OperationContext.Current.IncomingMessageHeaders.MessageId;
        lock (seen)
        {
            Bump(key);
            if (id != null)
                Bump("id:" + id);
        }
    }

    void Bump(string key)
    {
        int n;
        seen.TryGetValue(key, out n);
        seen[key] = n + 1;
    }

    public string Echo(string text)
    {
        Note(text);
        return text;
    }

    public double Add(double a, double b)
    {
        return a + b;
    }

    public string Fail(string reason)
    {
        Note(reason);
        throw new FaultException<FailDetail>(new FailDetail { reason = reason, number = 42 }, new FaultReason("refused: " + reason),
            FaultCode.CreateSenderFaultCode("Refused", Names.Space), Names.Space + "/FailDetail");
    }

    public void Notify(string key)
    {
        Note(key);
    }

    public string Blob(string data)
    {
        return data;
    }

    public int Count(string key)
    {
        lock (seen)
        {
            int n;
            seen.TryGetValue(key, out n);
            return n;
        }
    }
}

static class Program
{
    const int Room = 64 << 20; // octets of one message

    static XmlDictionaryReaderQuotas Quotas()
    {
        return XmlDictionaryReaderQuotas.Max;
    }

    static Binding Basic()
    {
        return new BasicHttpBinding(BasicHttpSecurityMode.None)
        {
            MaxReceivedMessageSize = Room,
            MaxBufferSize = Room,
            ReaderQuotas = Quotas(),
        };
    }

    static Binding WS()
    {
        return new WSHttpBinding(SecurityMode.None) { MaxReceivedMessageSize = Room, ReaderQuotas = Quotas() };
    }

    static Binding Custom(MessageVersion version)
    {
        var text = new TextMessageEncodingBindingElement(version, new UTF8Encoding(false));
        Quotas().CopyTo(text.ReaderQuotas);
        var http = new HttpTransportBindingElement { MaxReceivedMessageSize = Room, MaxBufferSize = Room };
        return new CustomBinding(text, http);
    }

    static int Main(string[] args)
    {
        if (args.Length != 1)
        {
            Console.Error.WriteLine("usage: Service.exe PORT");
            return 2;
        }
        var root = new Uri("http://127.0.0.1:" + args[0] + "/");
        var host = new ServiceHost(new Sample(), root);
        host.AddServiceEndpoint(typeof(ISample), Basic(), "basic");
        host.AddServiceEndpoint(typeof(ISample), Custom(MessageVersion.Soap12), "soap12");
        host.AddServiceEndpoint(typeof(ISample), Custom(MessageVersion.Soap11WSAddressing10), "addr11");
        host.AddServiceEndpoint(typeof(ISample), WS(), "ws");
        host.Open();
        Console.WriteLine("ready");
        Console.Out.Flush();
        Console.In.ReadToEnd();
        host.Close(TimeSpan.FromSeconds(2));
        return 0;
    }
}
