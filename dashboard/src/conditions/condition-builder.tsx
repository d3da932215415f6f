import { TagsInput } from '@mantine/core';
import { useState } from 'react';
import { Icon } from '../ui/icon.js';
import { OPERATOR_WORDS } from '../words/conditions.js';
import {
  conditionsOf,
  EMPTY_TEST,
  isComplete,
  operandFor,
  OPERATORS,
  treeOf,
  typed,
  valueOf,
  type AttributeTest,
  type Conditions,
  type Group,
  type Join,
  type Part,
  type SegmentTest,
} from './tree.js';

interface Props {
  conditions: Conditions;
  onChange: (conditions: Conditions) => void;
  /** Names of segments that are defined; null where conditions can name none. */
  segments: string[] | null;
  label: string;
  /** What is tested: attributes of units, or properties of events. */
  of?: Tested;
}

/** How people choose operators; whether something is given has its words in the operand. */
const WORDS: Record<string, string> = { ...OPERATOR_WORDS, $exists: 'is given' };

interface Tested {
  noun: string;
  example: string;
  /** What holds where there is no condition. */
  everything: string;
}

const UNITS: Tested = {
  noun: 'attribute',
  example: 'attribute, such as country',
  everything: 'Everybody: there is no condition',
};

const JOINS: Record<Join, string> = {
  all: 'All of these hold',
  any: 'At least one of these holds',
  none: 'None of these holds',
};

/** Groups nest as deep as anybody can read. */
const DEEPEST = 4;

/** Builds conditions from groups and tests. What it has no controls for is kept as it is written. */
export function ConditionBuilder({ conditions, onChange, segments, label, of = UNITS }: Props) {
  const [tree, setTree] = useState(() => treeOf(conditions));
  // They were changed elsewhere, such as in the JSON beside.
  const [shown, setShown] = useState(() => JSON.stringify(conditions));
  if (JSON.stringify(conditions) !== shown) {
    setShown(JSON.stringify(conditions));
    setTree(treeOf(conditions));
  }

  function change(next: Group): void {
    const made = conditionsOf(next);
    setTree(next);
    setShown(JSON.stringify(made));
    onChange(made);
  }

  return (
    <div className="conditions" role="group" aria-label={label}>
      <GroupFields group={tree} onChange={change} segments={segments} depth={0} of={of} />
    </div>
  );
}

interface GroupProps {
  group: Group;
  onChange: (group: Group) => void;
  onRemove?: () => void;
  segments: string[] | null;
  depth: number;
  of: Tested;
}

function GroupFields({ group, onChange, onRemove, segments, depth, of }: GroupProps) {
  const { join, parts } = group;
  const set = (index: number, part: Part): void =>
    onChange({ ...group, parts: parts.map((one, at) => (at === index ? part : one)) });
  const remove = (index: number): void =>
    onChange({ ...group, parts: parts.filter((_, at) => at !== index) });
  const add = (part: Part): void => onChange({ ...group, parts: [...parts, part] });
  return (
    <div className="group" role="group" aria-label={JOINS[join]}>
      <div className="group-head">
        {depth === 0 ? (
          <b>{parts.length === 0 ? of.everything : JOINS.all}</b>
        ) : (
          <select
            className="input"
            aria-label="How these are joined"
            value={join}
            onChange={(event) => onChange({ ...group, join: event.currentTarget.value as Join })}
          >
            {Object.entries(JOINS).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        )}
        {onRemove && <Remove what="the group" onClick={onRemove} />}
      </div>
      {parts.map((part, index) => (
        // Parts have no identity: they are what stands at their place.
        <PartFields
          key={index}
          part={part}
          number={index + 1}
          onChange={(next) => set(index, next)}
          onRemove={() => remove(index)}
          segments={segments}
          depth={depth}
          of={of}
        />
      ))}
      <div className="group-foot">
        <button type="button" className="link" onClick={() => add(EMPTY_TEST)}>
          Add a condition
        </button>
        {segments && (
          <button
            type="button"
            className="link"
            onClick={() => add({ is: 'segment', isIn: true, names: [] })}
          >
            Add a segment
          </button>
        )}
        {depth < DEEPEST && (
          <button
            type="button"
            className="link"
            onClick={() => add({ is: 'group', join: 'any', parts: [EMPTY_TEST] })}
          >
            Add a group
          </button>
        )}
      </div>
    </div>
  );
}

interface PartProps<T extends Part = Part> {
  part: T;
  number: number;
  onChange: (part: Part) => void;
  onRemove: () => void;
  segments: string[] | null;
  depth: number;
  of: Tested;
}

function PartFields(props: PartProps) {
  const { part, number, onChange, onRemove, segments, depth, of } = props;
  switch (part.is) {
    case 'group':
      return (
        <GroupFields
          group={part}
          onChange={onChange}
          onRemove={onRemove}
          segments={segments}
          depth={depth + 1}
          of={of}
        />
      );
    case 'segment':
      return <SegmentFields {...props} part={part} />;
    case 'test':
      return <TestFields {...props} part={part} />;
    case 'written':
      return (
        <div className="test">
          <code className="written">{JSON.stringify(part.conditions)}</code>
          <Remove what={`condition ${number}`} onClick={onRemove} />
        </div>
      );
  }
}

function SegmentFields({ part, number, onChange, onRemove, segments }: PartProps<SegmentTest>) {
  return (
    <div className="test">
      <select
        className="input"
        aria-label={`Condition ${number}: in or not in segments`}
        value={part.isIn ? 'in' : 'not in'}
        onChange={(event) => onChange({ ...part, isIn: event.currentTarget.value === 'in' })}
      >
        <option value="in">is in any of the segments</option>
        <option value="not in">is in none of the segments</option>
      </select>
      <TagsInput
        aria-label={`Condition ${number}: segments`}
        data={segments ?? []}
        value={part.names}
        onChange={(names) => onChange({ ...part, names })}
        placeholder={part.names.length === 0 ? 'Name of a segment' : undefined}
        acceptValueOnBlur
        comboboxProps={IN_PLACE}
      />
      <Remove what={`condition ${number}`} onClick={onRemove} />
      {!isComplete(part) && <span className="hint">It does not count yet: it names no segment.</span>}
    </div>
  );
}

function TestFields({ part, number, onChange, onRemove, of }: PartProps<AttributeTest>) {
  const { attribute, operator } = part;
  return (
    <div className="test three">
      <input
        className="input mono"
        aria-label={`Condition ${number}: ${of.noun}`}
        placeholder={of.example}
        value={attribute}
        onChange={(event) => onChange({ ...part, attribute: event.currentTarget.value })}
        spellCheck={false}
      />
      <select
        className="input"
        aria-label={`Condition ${number}: how it is compared`}
        value={operator}
        onChange={({ currentTarget: { value } }) =>
          onChange({ ...part, operator: value, operand: operandFor(value, part.operand) })
        }
      >
        {Object.keys(OPERATORS).map((value) => (
          <option key={value} value={value}>
            {WORDS[value]}
          </option>
        ))}
      </select>
      <Operand
        part={part}
        label={`Condition ${number}: value`}
        onChange={(operand) => onChange({ ...part, operand })}
      />
      <Remove what={`condition ${number}`} onClick={onRemove} />
      {!isComplete(part) && <span className="hint">It does not count yet: it names no {of.noun}.</span>}
    </div>
  );
}

const TYPES = ['string', 'number', 'boolean', 'array', 'object', 'null'];

interface OperandProps {
  part: AttributeTest;
  label: string;
  onChange: (operand: unknown) => void;
}

function Operand({ part: { operator, operand }, label, onChange }: OperandProps) {
  switch (OPERATORS[operator]!) {
    case 'values':
      return (
        <TagsInput
          aria-label={label}
          value={(operand as unknown[]).map(typed)}
          onChange={(texts) => onChange(texts.map(valueOf))}
          placeholder={(operand as unknown[]).length === 0 ? 'Enter ends a value' : undefined}
          acceptValueOnBlur
          comboboxProps={IN_PLACE}
        />
      );
    case 'given':
      return (
        <Choice
          label={label}
          value={String(operand)}
          onChange={(is) => onChange(is === 'true')}
          names={GIVEN}
        />
      );
    case 'type':
      return <Choice label={label} value={operand as string} onChange={onChange} names={TYPE_NAMES} />;
    case 'version':
    case 'text':
      return (
        <input
          className="input mono"
          aria-label={label}
          value={operand as string}
          onChange={(event) => onChange(event.currentTarget.value)}
          spellCheck={false}
        />
      );
    case 'value':
    case 'number or text':
      return <Value label={label} value={operand} onChange={onChange} />;
  }
}

/** What is offered stands in the page, not beside it, where no landmark holds it. */
const IN_PLACE = { withinPortal: false };

const GIVEN = { true: 'at all', false: 'not at all' };
const TYPE_NAMES = Object.fromEntries(TYPES.map((name) => [name, name]));

interface ChoiceProps {
  label: string;
  value: string;
  names: Record<string, string>;
  onChange: (value: string) => void;
}

function Choice({ label, value, names, onChange }: ChoiceProps) {
  return (
    <select
      className="input"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {Object.entries(names).map(([one, words]) => (
        <option key={one} value={one}>
          {words}
        </option>
      ))}
    </select>
  );
}

/** What is typed stays as it is typed: a number in the making is no number yet. */
function Value({
  label,
  value,
  onChange,
}: {
  label: string;
  value: unknown;
  onChange: (value: unknown) => void;
}) {
  const [text, setText] = useState(() => typed(value));
  if (JSON.stringify(valueOf(text)) !== JSON.stringify(value)) setText(typed(value));
  return (
    <input
      className="input mono"
      aria-label={label}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(valueOf(event.currentTarget.value));
      }}
      spellCheck={false}
    />
  );
}

function Remove({ what, onClick }: { what: string; onClick: () => void }) {
  return (
    <button type="button" className="icon-button" aria-label={`Remove ${what}`} onClick={onClick}>
      <Icon name="cross" />
    </button>
  );
}
