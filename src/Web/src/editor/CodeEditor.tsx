import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { linter, lintGutter, lintKeymap } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { check, complete, explain } from './assist';
import type { JsonEditorProps } from './JsonEditor';
import './editor.css';

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--ok)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--odd)' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

/** The editor itself, apart from the pages: nobody waits for it who does not edit. */
export default function CodeEditor(props: JsonEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const newest = useRef(props);
  newest.current = props;
  const mode = useRef(new Compartment());
  const { value, readOnly = false, label, id } = props;

  useEffect(() => {
    if (!host.current) return;
    const schema = () => newest.current.schema;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: newest.current.value,
        extensions: [
          lineNumbers(),
          foldGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          syntaxHighlighting(colours),
          json(),
          lintGutter(),
          linter(
            check(() => newest.current.validate),
            { delay: 400 },
          ),
          autocompletion({ override: [complete(schema)], icons: false }),
          explain(schema),
          keymap.of([
            { key: 'Mod-s', run: () => (newest.current.onSave?.(), true) },
            ...closeBracketsKeymap,
            ...completionKeymap, // Tab goes on to the next control, as everywhere
            ...lintKeymap,
            ...foldKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          EditorView.lineWrapping,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) newest.current.onChange?.(update.state.doc.toString());
          }),
          mode.current.of([]),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    const attributes = { 'aria-label': label, ...(id ? { id } : {}), ...(readOnly ? { 'aria-readonly': 'true' } : {}) };
    view.current?.dispatch({
      effects: mode.current.reconfigure([
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ ...attributes, spellcheck: 'false' }),
      ]),
    });
  }, [readOnly, label, id]);

  useEffect(() => {
    const editor = view.current;
    const text = editor?.state.doc.toString();
    if (editor && text !== value) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={host} className={`code-editor${props.tall ? ' tall' : ''}`} />;
}
