using Google.Protobuf.Reflection;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>Where each name of a set of files, and of all that they import, is declared.</summary>
internal sealed class SymbolTable
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly HashSet<string> _messages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedDictionary<int, FileDescriptor>> _extensions = new(StringComparer.Ordinal);

    public SymbolTable(IEnumerable<FileDescriptor> roots)
    {
        foreach (FileDescriptor file in roots.SelectMany(WithDependencies))
        {
            if (_files.TryAdd(file.Name, file))
            {
                Add(file);
            }
        }
    }

    /// <summary>The file first, then everything that it needs, each once and before what it needs itself.</summary>
    public static IReadOnlyList<FileDescriptor> WithDependencies(FileDescriptor file)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var all = new List<FileDescriptor>();
        AddAfterItsDependencies(file);
        all.Reverse();
        return all;

        void AddAfterItsDependencies(FileDescriptor next)
        {
            if (seen.Add(next.Name))
            {
                foreach (FileDescriptor dependency in next.Dependencies)
                {
                    AddAfterItsDependencies(dependency);
                }

                all.Add(next);
            }
        }
    }

    public FileDescriptor? FileNamed(string name) => _files.GetValueOrDefault(name);

    public FileDescriptor? FileOf(string symbol) => _symbols.GetValueOrDefault(symbol);

    public bool IsMessage(string name) => _messages.Contains(name);

    public FileDescriptor? FileOfExtension(string message, int number) =>
        _extensions.TryGetValue(message, out SortedDictionary<int, FileDescriptor>? numbers) ? numbers.GetValueOrDefault(number) : null;

    /// <summary>Field numbers, rising.</summary>
    public IEnumerable<int> ExtensionsOf(string message) =>
        _extensions.TryGetValue(message, out SortedDictionary<int, FileDescriptor>? numbers) ? numbers.Keys : [];

    private void Add(FileDescriptor file)
    {
        foreach (ServiceDescriptor service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (MethodDescriptor method in service.Methods)
            {
                _symbols[method.FullName] = file;
            }
        }

        Add(file, file.MessageTypes, file.EnumTypes, file.Extensions);
    }

    private void Add(
        FileDescriptor file, IEnumerable<MessageDescriptor> messages, IEnumerable<EnumDescriptor> enums, ExtensionCollection extensions)
    {
        foreach (EnumDescriptor type in enums)
        {
            Add(file, type);
        }

        foreach (FieldDescriptor extension in extensions.UnorderedExtensions)
        {
            Add(file, extension);
        }

        foreach (MessageDescriptor message in messages)
        {
            _symbols[message.FullName] = file;
            _messages.Add(message.FullName);
            foreach (string member in message.Fields.InDeclarationOrder().Select(field => field.FullName)
                .Concat(message.Oneofs.Select(oneof => oneof.FullName)))
            {
                _symbols[member] = file;
            }

            Add(file, message.NestedTypes, message.EnumTypes, message.Extensions);
        }
    }

    private void Add(FileDescriptor file, EnumDescriptor type)
    {
        _symbols[type.FullName] = file;

        // The values of an enum are siblings of the enum, not its children.
        string scope = type.FullName[..^type.Name.Length];
        foreach (EnumValueDescriptor value in type.Values)
        {
            _symbols[scope + value.Name] = file;
        }
    }

    private void Add(FileDescriptor file, FieldDescriptor extension)
    {
        _symbols[extension.FullName] = file;
        if (!_extensions.TryGetValue(extension.ExtendeeType.FullName, out SortedDictionary<int, FileDescriptor>? numbers))
        {
            _extensions[extension.ExtendeeType.FullName] = numbers = [];
        }

        numbers[extension.FieldNumber] = file;
    }
}
