using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>The comments of the .proto files, which only a descriptor set with source information has.</summary>
internal sealed class ProtoComments
{
    /// <summary>Name of the embedded descriptor set in an assembly of generated messages.</summary>
    private const string Resource = "descriptors.binpb";

    private readonly Dictionary<string, string> _byName = new(StringComparer.Ordinal);

    /// <summary>Comments of all files whose generated code lies in these assemblies.</summary>
    public ProtoComments(IEnumerable<System.Reflection.Assembly> assemblies)
    {
        foreach (System.Reflection.Assembly assembly in assemblies)
        {
            using Stream? set = assembly.GetManifestResourceStream(Resource);
            if (set is null)
            {
                continue; // generated without descriptors: the document has names and types only
            }

            foreach (FileDescriptorProto file in FileDescriptorSet.Parser.ParseFrom(set).File)
            {
                Add(file);
            }
        }
    }

    /// <summary>Comment of a service, method, message, field, enum or value by its full name; nothing if there is none.</summary>
    public string? Of(string fullName) => _byName.GetValueOrDefault(fullName);

    private void Add(FileDescriptorProto file)
    {
        foreach (SourceCodeInfo.Types.Location location in file.SourceCodeInfo?.Location ?? [])
        {
            if (location.LeadingComments.Length > 0 && NameOf(file, location.Path) is { } name)
            {
                _byName[name] = string.Join('\n', location.LeadingComments.Split('\n').Select(line => line.Trim())).Trim();
            }
        }
    }

    /// <summary>Follows field numbers and indexes down from the file, as source locations name things.</summary>
    private static string? NameOf(FileDescriptorProto file, RepeatedField<int> path)
    {
        IMessage at = file;
        string name = file.Package;
        for (int step = 0; step + 1 < path.Count; step += 2)
        {
            FieldDescriptor? field = at.Descriptor.FindFieldByNumber(path[step]);
            if (field is not { IsRepeated: true, FieldType: FieldType.Message } || field.Accessor.GetValue(at) is not System.Collections.IList list)
            {
                return null;
            }

            at = (IMessage)list[path[step + 1]]!;
            if (at.Descriptor.FindFieldByName("name") is not { FieldType: FieldType.String } own)
            {
                return null;
            }

            name = $"{name}.{own.Accessor.GetValue(at)}";
        }

        return path.Count % 2 == 0 ? name : null;
    }
}
