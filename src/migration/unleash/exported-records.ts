import type { Json } from '../../model/json.js';
import { Fields } from '../fields.js';
import { malformed, Malformed, whyLost } from '../migration-errors.js';
import { refuseDeepNesting } from '../read-each.js';
import { chosenEnvironment, loseOtherEnvironment, type Selection } from '../selection.js';
import { IGNORED } from './ignored-fields.js';
import { readDependency, type FeatureDependency } from './unleash-feature.js';

/** What the other lists of an export say about one feature, in one environment. */
export interface FeatureRecords {
  settings?: Fields;
  strategies: Fields[];
  tags: string[];
  dependencies: FeatureDependency[];
  /** What is wrong with a record of the feature: then nobody knows what it serves. */
  fault?: Malformed;
}

interface NamedRecord {
  feature: string;
  value: Json;
  fields: Fields;
}

/**
 * The lists of an export beside `features`, by the feature that each record names. A record that is malformed spoils the
 * feature that it names. One that names none, or none of the document, is noted as lost.
 */
export class ExportedRecords {
  readonly environment: string | undefined;
  /** The path of a strategy that does not say whose it is. */
  strayStrategy: string | undefined;
  private readonly features = new Map<string, FeatureRecords>();

  /** @param names of all features of the document */
  constructor(
    private readonly file: Fields,
    private readonly names: ReadonlySet<string>,
    selection: Selection,
  ) {
    const settings = this.named('featureEnvironments', 'featureName');
    const strategies = this.named(
      'featureStrategies',
      'featureName',
      (path) => (this.strayStrategy ??= path),
    );
    const environments = [...settings, ...strategies].map(({ fields }) => fields.peek('environment'));
    this.environment = chosenEnvironment(
      environments.filter((name) => typeof name === 'string'),
      selection,
    );
    this.addEach(settings, (fields, to) => this.addSettings(fields, to));
    this.addEach(strategies, (fields, to) => {
      if (this.isChosen(fields)) to.strategies.push(fields);
    });
    this.linkSegments(strategies);
    this.addTags();
    this.addEach(this.named('dependencies', 'feature'), (fields, to) => {
      to.dependencies.push(...fields.objects('dependencies').map(readDependency));
      fields.close();
    });
  }

  of(feature: string): FeatureRecords {
    return this.features.get(feature) ?? { strategies: [], tags: [], dependencies: [] };
  }

  /** The records of a list that name a feature of the document; the others are noted as lost. */
  private named(list: string, keyField: string, onStray?: (path: string) => void): NamedRecord[] {
    const { ledger } = this.file;
    return this.file.members(list).flatMap(({ path, value }): NamedRecord[] => {
      try {
        const fields = new Fields(value, path, ledger);
        const feature = fields.requiredString(keyField);
        if (this.names.has(feature)) return [{ feature, value, fields }];
        ledger.lost(path, `belongs to the feature ${feature}, which is not in the document`);
      } catch (error) {
        onStray?.(path);
        ledger.lost(path, `does not say which feature it belongs to: ${whyLost(error)}`);
      }
      return [];
    });
  }

  /** Adds records to their features. What is wrong with one is a fault of its feature. */
  private addEach(records: readonly NamedRecord[], add: (fields: Fields, to: FeatureRecords) => void): void {
    for (const { feature, value, fields } of records) {
      const to = this.of(feature);
      this.features.set(feature, to);
      try {
        refuseDeepNesting(value, fields.path);
        add(fields, to);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        to.fault ??= error;
      }
    }
  }

  private addSettings(fields: Fields, to: FeatureRecords): void {
    if (!this.isChosen(fields)) return;
    if (to.settings)
      throw malformed(fields.path, `is for the same feature and environment as ${to.settings.path}`);
    to.settings = fields;
  }

  private isChosen(record: Fields): boolean {
    const own = record.string('environment');
    if (own === undefined || own === this.environment) return true;
    record.raw();
    loseOtherEnvironment(record, this.environment);
    return false;
  }

  /** Exports of earlier versions have a list of their own for the segments of strategies. */
  private linkSegments(strategies: readonly NamedRecord[]): void {
    const { ledger } = this.file;
    for (const { path, value } of this.file.members('featureStrategySegments')) {
      try {
        const link = new Fields(value, path, ledger);
        const key = link.text('featureStrategyId');
        const segment = link.json('segmentId') ?? null;
        link.close();
        const strategy = strategies.find(({ fields }) => fields.peek('id') === key)?.fields;
        const inline = strategy?.peek('segments') ?? [];
        if (!strategy) ledger.lost(path, `refers to the strategy ${key}, which is not in the document`);
        else if (Array.isArray(inline)) strategy.set('segments', [...inline, segment]);
      } catch (error) {
        ledger.lost(path, `does not say which strategy it belongs to: ${whyLost(error)}`);
      }
    }
  }

  /** Tags do not affect what is served: one that is malformed is lost alone. */
  private addTags(): void {
    this.addEach(this.named('featureTags', 'featureName'), (fields, to) => {
      try {
        to.tags.push(tagOf(fields));
      } catch (error) {
        fields.ledger.lost(fields.path, `the tag is left out: ${whyLost(error)}`);
      }
    });
  }
}

function tagOf(record: Fields): string {
  const type = record.string('tagType') ?? record.string('type') ?? 'simple';
  const value = record.string('tagValue') ?? record.string('value') ?? '';
  record.close(IGNORED.tag);
  return type === 'simple' ? value : `${type}:${value}`;
}
