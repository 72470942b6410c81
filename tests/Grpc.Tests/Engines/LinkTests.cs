using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;

namespace Orbit.Grpc.Tests.Engines;

/// <summary>The engines find in our abstractions everything that they were compiled against.</summary>
public sealed class LinkTests
{
    private static readonly Assembly[] Engines = [typeof(GrpcServiceOptions).Assembly, typeof(GrpcChannel).Assembly];
    private static readonly Assembly[] Abstractions = [typeof(Metadata).Assembly, typeof(ICompressionProvider).Assembly];

    public static TheoryData<string, string> Pairs()
    {
        var pairs = new TheoryData<string, string>();
        foreach (Assembly engine in Engines)
        {
            foreach (Assembly abstraction in Abstractions)
            {
                pairs.Add(engine.Location, abstraction.Location);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_reference_of_an_engine_has_its_definition(string engine, string abstraction)
    {
        using var asking = new EngineReferences(engine);
        using var answering = new EngineReferences(abstraction);

        string[] asked = [.. asking.AskedOf(Path.GetFileNameWithoutExtension(abstraction))];
        Assert.NotEmpty(asked);
        Assert.Empty(asked.Except(answering.Defined()));
    }

    [Fact]
    public void All_types_of_the_engines_load_with_their_overrides_and_interfaces()
    {
        // GetTypes throws a ReflectionTypeLoadException that names what a type lacks.
        Assert.All(Engines, engine => Assert.NotEmpty(engine.GetTypes()));
    }

    [Fact]
    public void The_abstractions_have_the_identity_that_the_engines_ask_for()
    {
        foreach (AssemblyName asked in Engines.SelectMany(engine => engine.GetReferencedAssemblies()))
        {
            Assembly? own = Abstractions.SingleOrDefault(abstraction => abstraction.GetName().Name == asked.Name);
            if (own is not null)
            {
                Assert.Equal(asked.Version, own.GetName().Version);
                Assert.Equal(asked.GetPublicKeyToken(), own.GetName().GetPublicKeyToken());
            }
        }
    }
}
