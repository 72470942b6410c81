using Google.Protobuf;
using Google.Protobuf.Reflection;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Platform.Rest;

namespace Orbit.ControlPlane.Tests.Architecture;

/// <summary>The contract is what strangers read: it says who may call each method, and explains every name.</summary>
public sealed class ContractTests
{
    private static readonly FileDescriptorProto[] Files = Load();
    private static readonly ProtoComments Comments = new([typeof(OptionsExtensions).Assembly]);

    [Fact]
    public void Every_method_says_who_may_call_it()
    {
        (string Name, MethodDescriptorProto Method)[] methods =
            [.. from file in Files from service in file.Service from method in service.Method select ($"{file.Package}.{service.Name}.{method.Name}", method)];
        IEnumerable<string> silent = methods.Where(one => (one.Method.Options?.GetExtension(OptionsExtensions.Access) ?? Contracts.V1.Access.Unspecified) == Contracts.V1.Access.Unspecified).Select(one => one.Name);

        Assert.True(methods.Length > 30, $"Only {methods.Length} methods were found.");
        Assert.Empty(silent);
    }

    [Fact]
    public void Every_method_has_a_request_and_a_response_of_its_own()
    {
        IEnumerable<string> requests = from file in Files from service in file.Service from method in service.Method select method.InputType;

        Assert.Empty(requests.GroupBy(type => type).Where(same => same.Count() > 1).Select(same => same.Key));
    }

    [Fact]
    public void Every_service_method_message_field_enum_and_value_has_a_comment()
    {
        string[] names = [.. Files.SelectMany(Names)];

        Assert.True(names.Length > 500, $"Only {names.Length} names were found.");
        Assert.Empty(string.Join(", ", names.Where(name => string.IsNullOrWhiteSpace(Comments.Of(name)))));
    }

    /// <summary>A missing value must never read as something good.</summary>
    [Fact]
    public void The_zero_of_every_enum_is_unspecified()
    {
        IEnumerable<EnumDescriptorProto> enums = Files.SelectMany(file => file.EnumType.Concat(file.MessageType.SelectMany(EnumsOf)));

        Assert.Empty(enums.Where(one => !one.Value.Single(value => value.Number == 0).Name.EndsWith("_UNSPECIFIED", StringComparison.Ordinal)).Select(one => one.Name));
    }

    private static IEnumerable<EnumDescriptorProto> EnumsOf(DescriptorProto message) =>
        message.EnumType.Concat(message.NestedType.SelectMany(EnumsOf));

    private static IEnumerable<string> Names(FileDescriptorProto file) =>
    [
        .. from service in file.Service
           from name in service.Method.Select(method => $"{service.Name}.{method.Name}").Prepend(service.Name)
           select $"{file.Package}.{name}",
        .. file.MessageType.SelectMany(message => Names($"{file.Package}.{message.Name}", message)),
        .. file.EnumType.SelectMany(one => Names($"{file.Package}.{one.Name}", one)),
    ];

    private static IEnumerable<string> Names(string name, DescriptorProto message) =>
    [
        name,
        .. message.Field.Select(field => $"{name}.{field.Name}"),
        .. message.NestedType.Where(nested => nested.Options?.MapEntry != true).SelectMany(nested => Names($"{name}.{nested.Name}", nested)),
        .. message.EnumType.SelectMany(one => Names($"{name}.{one.Name}", one)),
    ];

    private static IEnumerable<string> Names(string name, EnumDescriptorProto one) => one.Value.Select(value => $"{name}.{value.Name}").Prepend(name);

    private static FileDescriptorProto[] Load()
    {
        using Stream set = typeof(OptionsExtensions).Assembly.GetManifestResourceStream("descriptors.binpb")!;
        MessageParser<FileDescriptorSet> parser = FileDescriptorSet.Parser.WithExtensionRegistry([OptionsExtensions.Access]);
        return [.. parser.ParseFrom(set).File.Where(file => file.Package == "orbit.v1")];
    }
}
