using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Orbit.ControlPlane.Storage;

/// <summary>Column, key and index names as SQL people write them, so that hand-written statements need no quotes.</summary>
internal static class SnakeCase
{
    /// <summary>Names every column, key, foreign key and index of the model.</summary>
    public static void ApplyTo(ModelBuilder model)
    {
        foreach (IMutableEntityType entity in model.Model.GetEntityTypes())
        {
            foreach (IMutableProperty property in entity.GetProperties())
            {
                property.SetColumnName(Of(property.GetColumnName()));
            }

            foreach (IMutableKey key in entity.GetKeys())
            {
                key.SetName(Of(key.GetName()!));
            }

            foreach (IMutableForeignKey key in entity.GetForeignKeys())
            {
                key.SetConstraintName(Of(key.GetConstraintName()!));
            }

            foreach (IMutableIndex index in entity.GetIndexes())
            {
                index.SetDatabaseName(Of(index.GetDatabaseName()!));
            }
        }
    }

    /// <summary><c>LastSeenAt</c> becomes <c>last_seen_at</c>.</summary>
    public static string Of(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (int at = 0; at < name.Length; at++)
        {
            char letter = name[at];
            if (char.IsUpper(letter) && at > 0 && name[at - 1] != '_' && !char.IsUpper(name[at - 1]))
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
