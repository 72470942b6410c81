using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Orbit.Grpc.Tests.Engines;

/// <summary>What one assembly's metadata asks of others, and what it defines itself, both as text that can be compared.</summary>
internal sealed class EngineReferences : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _reader;
    private readonly SignatureText _names;

    public EngineReferences(string path)
    {
        _file = new PEReader(File.OpenRead(path));
        _reader = _file.GetMetadataReader();
        _names = new SignatureText(_reader);
    }

    /// <summary>Types and members that are asked of one assembly: <c>Type</c> or <c>Type: signature</c>.</summary>
    public IEnumerable<string> AskedOf(string assembly)
    {
        foreach (TypeReferenceHandle type in _reader.TypeReferences.Where(type => AssemblyOf(type) == assembly))
        {
            yield return _names.NameOf(type);
        }

        foreach (MemberReference member in _reader.MemberReferences.Select(_reader.GetMemberReference))
        {
            if (ParentOf(member) is { } parent && AssemblyOf(parent) == assembly)
            {
                yield return $"{_names.NameOf(parent)}: {Text(member)}";
            }
        }
    }

    /// <summary>All public types and members in the form of <see cref="AskedOf"/>.</summary>
    public IEnumerable<string> Defined()
    {
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
        {
            TypeDefinition type = _reader.GetTypeDefinition(handle);
            string name = _names.NameOf(handle);
            yield return name;
            foreach (MethodDefinition method in type.GetMethods().Select(_reader.GetMethodDefinition).Where(IsVisible))
            {
                yield return $"{name}: {Text(_reader.GetString(method.Name), method.DecodeSignature(_names, null))}";
            }

            foreach (FieldDefinition field in type.GetFields().Select(_reader.GetFieldDefinition))
            {
                yield return $"{name}: {field.DecodeSignature(_names, null)} {_reader.GetString(field.Name)}";
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private static bool IsVisible(MethodDefinition method) =>
        (method.Attributes & System.Reflection.MethodAttributes.MemberAccessMask)
            is System.Reflection.MethodAttributes.Public
            or System.Reflection.MethodAttributes.Family
            or System.Reflection.MethodAttributes.FamORAssem;

    private static string Text(string name, MethodSignature<string> signature) =>
        $"{(signature.Header.IsInstance ? "" : "static ")}{signature.ReturnType} {name}`{signature.GenericParameterCount}({string.Join(", ", signature.ParameterTypes)})";

    private string Text(MemberReference member) =>
        member.GetKind() == MemberReferenceKind.Method
            ? Text(_reader.GetString(member.Name), member.DecodeMethodSignature(_names, null))
            : $"{member.DecodeFieldSignature(_names, null)} {_reader.GetString(member.Name)}";

    private TypeReferenceHandle? ParentOf(MemberReference member)
    {
        if (member.Parent.Kind == HandleKind.TypeReference)
        {
            return (TypeReferenceHandle)member.Parent;
        }

        if (member.Parent.Kind != HandleKind.TypeSpecification)
        {
            return null;
        }

        BlobReader signature = _reader.GetBlobReader(_reader.GetTypeSpecification((TypeSpecificationHandle)member.Parent).Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return null;
        }

        signature.ReadCompressedInteger(); // class or value type
        EntityHandle generic = signature.ReadTypeHandle();
        return generic.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)generic : null;
    }

    private string AssemblyOf(TypeReferenceHandle handle)
    {
        EntityHandle scope = _reader.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.TypeReference => AssemblyOf((TypeReferenceHandle)scope),
            HandleKind.AssemblyReference => _reader.GetString(_reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name),
            _ => "",
        };
    }
}
