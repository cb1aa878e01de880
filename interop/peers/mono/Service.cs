// The sample service of the interop tests on Mono's WCF.
//
//   mono Service.exe PORT
//
// prints "ready" when all endpoints listen and runs until its standard input
// ends. Endpoints lie under http://127.0.0.1:PORT/, named as their bindings in
// Contract.cs.
using System;
using System.Collections.Generic;
using System.ServiceModel;
using System.Xml;

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
    static int Main(string[] args)
    {
        if (args.Length != 1)
        {
            Console.Error.WriteLine("usage: Service.exe PORT");
            return 2;
        }
        var root = new Uri("http://127.0.0.1:" + args[0] + "/");
        var host = new ServiceHost(new Sample(), root);
        foreach (string name in Bindings.All)
            host.AddServiceEndpoint(typeof(ISample), Bindings.For(name), name);
        host.Open();
        Console.WriteLine("ready");
        Console.Out.Flush();
        Console.In.ReadToEnd();
        host.Close(TimeSpan.FromSeconds(2));
        return 0;
    }
}
